package dev.flotilla.storage.testkit;

import dev.flotilla.storage.EntryCompactor;
import dev.flotilla.storage.EntryHeader;
import dev.flotilla.storage.FlushListener;
import dev.flotilla.storage.LogBase;
import dev.flotilla.storage.LogClosedException;
import dev.flotilla.storage.LogId;
import dev.flotilla.storage.LogStore;
import dev.flotilla.storage.Slice;
import dev.flotilla.storage.TermStart;
import dev.flotilla.storage.WriteSet;
import dev.flotilla.storage.testkit.JournalEngineFactory.Fault;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** A log in memory whose changes are written to a {@link Journal} first. */
final class JournalLog implements LogStore, InMemoryLog.Owner {

  private final LogContent content;
  private final Journal journal;
  private final LogStore memory;
  private final JournalEngine engine;
  private boolean closed;

  /** Another store has taken the place of this one, or was about to. */
  private boolean superseded;

  /** What {@link Fault#COMPLETES_EARLY} owes the journal. */
  private @Nullable WriteSet deferred;

  JournalLog(LogId id, LogContent content, Journal journal, JournalEngine engine) {
    this.content = content;
    this.journal = journal;
    this.engine = engine;
    this.memory = new InMemoryLog(id, content, FlushListener.NONE, Runnable::run, this);
  }

  @Override
  public synchronized CompletableFuture<Void> write(WriteSet set) {
    ensureWritable();
    content.check(set);
    appendDeferred();
    if (journal.fault() == Fault.COMPLETES_EARLY) {
      deferred = set;
    } else {
      journal.append(set);
    }
    return memory.write(set);
  }

  private void ensureWritable() {
    memory.base();
    if (superseded) {
      throw new LogClosedException("log " + id() + " was opened again");
    }
  }

  private void appendDeferred() {
    if (deferred != null) {
      journal.append(deferred);
      deferred = null;
    }
  }

  @Override
  public synchronized CompletableFuture<Void> dropPrefix(LogBase base) {
    ensureWritable();
    appendDeferred();
    LogContent after = content.copy();
    after.dropPrefix(base);
    journal.rewrite(after);
    return memory.dropPrefix(base);
  }

  @Override
  public synchronized CompletableFuture<Void> reset(LogBase base) {
    ensureWritable();
    appendDeferred();
    journal.rewrite(new LogContent(base));
    return memory.reset(base);
  }

  @Override
  public synchronized void compact(long fromIndex, long toIndex, EntryCompactor compactor) {
    appendDeferred();
    memory.compact(fromIndex, toIndex, compactor);
    journal.rewrite(content);
  }

  @Override
  public synchronized LogStore reopenCutAt(long endIndex) {
    memory.base();
    appendDeferred();
    superseded = true;
    return memory.reopenCutAt(endIndex);
  }

  @Override
  public LogStore reopened(LogId id, LogContent cut) {
    journal.rewrite(cut);
    return engine.reopened(this, new JournalLog(id, cut, journal, engine));
  }

  @Override
  public void closed(InMemoryLog log) {
    engine.closed(this);
  }

  @Override
  public synchronized void close() {
    if (closed) {
      return;
    }
    closed = true;
    if (!superseded) {
      appendDeferred();
      journal.append(WriteSet.append(List.of()));
    }
    memory.close();
  }

  @Override
  public long diskBytes() {
    return journal.end();
  }

  @Override
  public LogId id() {
    return memory.id();
  }

  @Override
  public LogBase base() {
    return memory.base();
  }

  @Override
  public long endIndex() {
    return memory.endIndex();
  }

  @Override
  public long endOffset() {
    return memory.endOffset();
  }

  @Override
  public Optional<EntryHeader> lastHeader() {
    return memory.lastHeader();
  }

  @Override
  public List<TermStart> termStarts() {
    return memory.termStarts();
  }

  @Override
  public EntryHeader header(long index) {
    return memory.header(index);
  }

  @Override
  public void headers(long fromIndex, long toIndex, Consumer<EntryHeader> consumer) {
    memory.headers(fromIndex, toIndex, consumer);
  }

  @Override
  public Slice payload(long index) {
    return memory.payload(index);
  }

  @Override
  public Slice batches(long offset, long endOffset, int maxBytes, FirstBatch firstBatch) {
    return memory.batches(offset, endOffset, maxBytes, firstBatch);
  }

  @Override
  public OptionalLong indexOfOffset(long offset) {
    return memory.indexOfOffset(offset);
  }

  @Override
  public OptionalLong indexOfTime(long timestampMs) {
    return memory.indexOfTime(timestampMs);
  }
}
