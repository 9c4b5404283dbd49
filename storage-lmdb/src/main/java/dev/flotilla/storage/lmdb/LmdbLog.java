package dev.flotilla.storage.lmdb;

import dev.flotilla.storage.EntryCompactor;
import dev.flotilla.storage.EntryHeader;
import dev.flotilla.storage.LogBase;
import dev.flotilla.storage.LogClosedException;
import dev.flotilla.storage.LogId;
import dev.flotilla.storage.LogStore;
import dev.flotilla.storage.Slice;
import dev.flotilla.storage.StorageException;
import dev.flotilla.storage.TermStart;
import dev.flotilla.storage.WriteSet;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.CompletableFuture;
import java.util.function.BiFunction;
import java.util.function.Consumer;
import org.lmdbjava.LmdbException;

/** A log of the engine: reads snapshots, and hands changes to its {@link LogQueue}. */
final class LmdbLog implements LogStore {

  private final LogId id;
  private final int number;
  private final LmdbEngine engine;
  private final LogQueue queue;
  private final LogCompactor compactor;

  /** Written and read by readers, which need not see each other's. */
  private volatile NextRead nextRead = NextRead.NONE;

  /** Guarded by this. */
  private boolean closed;

  LmdbLog(LogId id, LogState state, LmdbEngine engine, Commits commits, int maxEntryBytes) {
    this.id = id;
    this.number = state.record().log();
    this.engine = engine;
    this.queue = new LogQueue(id, state, commits, this::storedHeader, maxEntryBytes);
    this.compactor = new LogCompactor(id, queue, this);
    queue.removeRemains();
  }

  @Override
  public LogId id() {
    return id;
  }

  @Override
  public LogBase base() {
    return queue.view().base();
  }

  @Override
  public long endIndex() {
    return queue.view().endIndex();
  }

  @Override
  public long endOffset() {
    return queue.view().endOffset();
  }

  @Override
  public Optional<EntryHeader> lastHeader() {
    while (true) {
      LogView view = queue.view();
      if (view.endIndex() == view.startIndex()) {
        return Optional.empty();
      }
      try {
        return Optional.of(storedHeader(view.endIndex() - 1));
      } catch (IndexOutOfBoundsException truncatedMeanwhile) {
        if (view.equals(queue.view())) {
          throw truncatedMeanwhile;
        }
      }
    }
  }

  @Override
  public List<TermStart> termStarts() {
    return queue.view().termStarts();
  }

  @Override
  public long diskBytes() {
    return queue.view().diskBytes();
  }

  @Override
  public CompletableFuture<Void> write(WriteSet set) {
    return queue.write(set);
  }

  @Override
  public EntryHeader header(long index) {
    checkIndex(queue.view(), index);
    return storedHeader(index);
  }

  /** The header of an entry that readers see, whether or not a pending truncation hides it. */
  private EntryHeader storedHeader(long index) {
    return entry(index).header();
  }

  /** The head of an entry. */
  StoredEntry entry(long index) {
    return read((entries, _) -> entries.entry(index));
  }

  @Override
  public void headers(long fromIndex, long toIndex, Consumer<EntryHeader> consumer) {
    LogView first = queue.view();
    if (fromIndex <= first.base().index() || fromIndex > toIndex || toIndex > first.endIndex()) {
      throw new IndexOutOfBoundsException(
          "log %s: headers [%d, %d) of [%d, %d)"
              .formatted(id, fromIndex, toIndex, first.startIndex(), first.endIndex()));
    }
    long index = fromIndex;
    while (index < toIndex) {
      long from = index;
      checkIndex(queue.view(), from);
      // Shown when the snapshot has ended: whoever looks may take long, or write.
      List<EntryHeader> headers =
          read((entries, view) -> reader(entries, view).headers(from, toIndex));
      headers.forEach(consumer);
      index += headers.size();
    }
  }

  @Override
  public Slice payload(long index) {
    checkIndex(queue.view(), index);
    return read((entries, view) -> reader(entries, view).payload(index));
  }

  @Override
  public Slice batches(long offset, long endOffset, int maxBytes, FirstBatch firstBatch) {
    if (offset < queue.view().base().offset()) {
      throw new IndexOutOfBoundsException(
          "log %s: offset %d below %d".formatted(id, offset, queue.view().base().offset()));
    }
    return read((entries, view) -> {
      LogReader reader = reader(entries, view);
      Slice batches = reader.batches(offset, endOffset, maxBytes, firstBatch);
      nextRead = reader.next();
      return batches;
    });
  }

  @Override
  public OptionalLong indexOfOffset(long offset) {
    return read((entries, view) -> reader(entries, view).indexOfOffset(offset));
  }

  @Override
  public OptionalLong indexOfTime(long timestampMs) {
    return read((entries, view) -> reader(entries, view).indexOfTime(timestampMs));
  }

  private LogReader reader(EntryReader entries, LogView view) {
    return new LogReader(entries, engine.pool(), view, nextRead);
  }

  /** Reads in one snapshot, which is not older than the view. */
  private <T> T read(BiFunction<EntryReader, LogView, T> reader) {
    LogView view = queue.view();
    try {
      return engine
          .environment()
          .read(snapshot -> reader.apply(engine.entries(id, number, snapshot), view));
    } catch (LmdbException e) {
      throw LmdbFailures.ofRead("read log " + id, id, view.startIndex(), e);
    } catch (InternalError fault) {
      // The rows lie in mapped pages; the device failed to bring one.
      throw new StorageException("log " + id + ": a mapped page cannot be read", fault);
    }
  }

  @Override
  public CompletableFuture<Void> dropPrefix(LogBase base) {
    LogView view = queue.view();
    if (base.equals(view.base())) {
      return CompletableFuture.completedFuture(null);
    }
    if (base.index() <= view.base().index() || base.index() >= view.endIndex() - 1) {
      throw new IllegalArgumentException(
          "log %s of [%d, %d) cannot begin behind %s"
              .formatted(id, view.startIndex(), view.endIndex(), base));
    }
    EntryHeader last = header(base.index());
    LogBase actual = new LogBase(last.index(), last.term(), last.endOffset(), last.digest());
    if (!base.equals(actual)) {
      throw new IllegalArgumentException("log " + id + ": " + base + " is not " + actual);
    }
    return queue.dropPrefix(base);
  }

  @Override
  public CompletableFuture<Void> reset(LogBase base) {
    return queue.reset(base);
  }

  @Override
  public void compact(long fromIndex, long toIndex, EntryCompactor entryCompactor) {
    LogView view = queue.view();
    compactor.compact(
        Math.max(fromIndex, view.startIndex()), Math.min(toIndex, view.endIndex()), entryCompactor);
  }

  @Override
  public synchronized LogStore reopenCutAt(long endIndex) {
    queue.checkOpen();
    queue.endWritingAt(endIndex, this::storedHeader);
    return engine.reopened(this, endIndex);
  }

  /** Whoever closes too waits: nothing is written any more when either call returns. */
  @Override
  public synchronized void close() {
    if (closed) {
      return;
    }
    closed = true;
    try {
      queue.close();
    } finally {
      engine.closed(this);
    }
  }

  private void checkIndex(LogView view, long index) {
    if (!view.holds(index)) {
      throw new IndexOutOfBoundsException(
          "log %s: index %d of [%d, %d)".formatted(id, index, view.startIndex(), view.endIndex()));
    }
  }

  /** Fails if the log was closed. */
  static LogClosedException closed(LogId id) {
    return new LogClosedException("log " + id + " is closed");
  }
}
