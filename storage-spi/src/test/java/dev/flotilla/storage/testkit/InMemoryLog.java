package dev.flotilla.storage.testkit;

import dev.flotilla.storage.Entry;
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
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.function.Consumer;
import java.util.function.Supplier;

/** One log of an {@link InMemoryEngine}. Its monitor guards all fields. */
final class InMemoryLog implements LogStore {

  private final LogId id;

  /** What is durable and visible. */
  private LogContent durable;

  /** What the log holds when all pending writes are complete. */
  private final LogContent written;

  private final Deque<Pending> pending = new ArrayDeque<>();
  private final FlushListener listener;

  /** Runs the completions of writes, in the order in which they are handed to it. */
  private final Executor completions;

  private final Owner owner;
  private boolean closed;

  /** Another store has taken the place of this one, or was about to. */
  private boolean superseded;

  /** The engine, as its logs see it. */
  interface Owner {
    /** Opens the content of a log in a store that takes the place of the present one. */
    LogStore reopened(LogId id, LogContent content);

    void closed(InMemoryLog log);
  }

  private record Pending(WriteSet set, CompletableFuture<Void> future) {}

  InMemoryLog(
      LogId id, LogContent content, FlushListener listener, Executor completions, Owner owner) {
    this.id = id;
    this.durable = content;
    this.written = content.copy();
    this.listener = listener;
    this.completions = completions;
    this.owner = owner;
  }

  @Override
  public LogId id() {
    return id;
  }

  @Override
  public LogBase base() {
    return read(() -> durable.base());
  }

  @Override
  public long endIndex() {
    return read(() -> durable.endIndex());
  }

  @Override
  public long endOffset() {
    return read(() -> durable.endOffset());
  }

  @Override
  public Optional<EntryHeader> lastHeader() {
    return read(() -> durable.lastHeader());
  }

  @Override
  public List<TermStart> termStarts() {
    return read(() -> durable.termStarts());
  }

  @Override
  public long diskBytes() {
    return read(() -> durable.bytes());
  }

  @Override
  public CompletableFuture<Void> write(WriteSet set) {
    CompletableFuture<Void> future = new CompletableFuture<>();
    synchronized (this) {
      ensureWritable();
      written.apply(set);
      durable.truncate(set.truncateFrom());
      pending.add(new Pending(set, future));
    }
    completions.execute(this::completeNext);
    return future;
  }

  private void completeNext() {
    Pending next;
    synchronized (this) {
      next = pending.remove();
      long cutLater =
          pending.stream().mapToLong(p -> p.set().truncateFrom()).min().orElse(WriteSet.KEEP);
      for (Entry entry : next.set().entries()) {
        if (entry.header().index() < cutLater) {
          durable.append(entry);
        }
      }
    }
    listener.flushed(next.set().entries().size(), LogContent.bytes(next.set().entries()), 1);
    next.future().complete(null);
  }

  @Override
  public EntryHeader header(long index) {
    return read(() -> durable.entry(index).header());
  }

  @Override
  public void headers(long fromIndex, long toIndex, Consumer<EntryHeader> consumer) {
    List<EntryHeader> headers =
        read(() -> {
          if (fromIndex <= durable.base().index()
              || fromIndex > toIndex
              || toIndex > durable.endIndex()) {
            throw new IndexOutOfBoundsException("headers [" + fromIndex + ", " + toIndex + ")");
          }
          return durable.entries().stream()
              .map(Entry::header)
              .filter(header -> header.index() >= fromIndex && header.index() < toIndex)
              .toList();
        });
    headers.forEach(consumer);
  }

  @Override
  public Slice payload(long index) {
    return new HeapSlice(List.of(read(() -> durable.entry(index).payload())));
  }

  @Override
  public Slice batches(long offset, long endOffset, int maxBytes, FirstBatch firstBatch) {
    return new HeapSlice(read(() -> durable.batches(offset, endOffset, maxBytes, firstBatch)));
  }

  @Override
  public OptionalLong indexOfOffset(long offset) {
    return read(() -> durable.indexOfOffset(offset));
  }

  @Override
  public OptionalLong indexOfTime(long timestampMs) {
    return read(() -> durable.indexOfTime(timestampMs));
  }

  @Override
  public CompletableFuture<Void> dropPrefix(LogBase base) {
    synchronized (this) {
      ensureWritable();
      durable.dropPrefix(base);
      written.dropPrefix(base);
    }
    return CompletableFuture.runAsync(() -> {}, completions);
  }

  @Override
  public CompletableFuture<Void> reset(LogBase base) {
    synchronized (this) {
      ensureWritable();
      if (!pending.isEmpty()) {
        throw new IllegalStateException(pending.size() + " writes of log " + id + " are pending");
      }
      durable.reset(base);
      written.reset(base);
    }
    return CompletableFuture.runAsync(() -> {}, completions);
  }

  @Override
  public void compact(long fromIndex, long toIndex, EntryCompactor compactor) {
    List<Entry> entries = read(() -> durable.entries());
    for (Entry entry : entries) {
      long index = entry.header().index();
      if (index >= fromIndex && index < toIndex) {
        Entry compacted = Compaction.compact(entry, compactor);
        synchronized (this) {
          replace(durable, entry, compacted);
          replace(written, entry, compacted);
        }
      }
    }
  }

  @Override
  public LogStore reopenCutAt(long endIndex) {
    LogContent disk;
    synchronized (this) {
      ensureOpen();
      disk = durable;
      disk.truncate(endIndex);
      // Readers of this store keep what they see while the other one writes.
      durable = disk.copy();
      superseded = true;
    }
    return owner.reopened(id, disk);
  }

  private static void replace(LogContent content, Entry entry, Entry compacted) {
    long index = entry.header().index();
    boolean held = index > content.base().index() && index < content.endIndex();
    if (held && content.entry(index).equals(entry)) {
      content.replace(compacted);
    }
  }

  @Override
  public void close() {
    synchronized (this) {
      if (closed) {
        return;
      }
      closed = true;
    }
    CompletableFuture.runAsync(() -> {}, completions).join();
    owner.closed(this);
  }

  private synchronized <T> T read(Supplier<T> reader) {
    ensureOpen();
    return reader.get();
  }

  private void ensureWritable() {
    ensureOpen();
    if (superseded) {
      throw new LogClosedException("log " + id + " was opened again");
    }
  }

  private void ensureOpen() {
    if (closed) {
      throw new LogClosedException("log " + id + " is closed");
    }
  }
}
