package dev.flotilla.storage.mmap;

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
import java.util.function.Consumer;
import java.util.function.Function;

/** A log of the engine: reads the present view, and hands changes to its {@link LogQueue}. */
final class MmapLog implements LogStore {

  private final LogId id;
  private final LogQueue queue;
  private final MmapEngine engine;

  /** Guarded by this. */
  private boolean closed;

  MmapLog(LogId id, LogQueue queue, MmapEngine engine) {
    this.id = id;
    this.queue = queue;
    this.engine = engine;
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
    return read(view ->
        view.endIndex() == view.startIndex()
            ? Optional.empty()
            : Optional.of(new LogReader(view).header(view.endIndex() - 1)));
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
    return read(view -> new LogReader(checkedIndex(view, index)).header(index));
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
      index =
          read(view -> new LogReader(checkedIndex(view, from)).headers(from, toIndex, consumer));
    }
  }

  @Override
  public Slice payload(long index) {
    return read(view -> new LogReader(checkedIndex(view, index)).payload(index));
  }

  @Override
  public Slice batches(long offset, long endOffset, int maxBytes, FirstBatch firstBatch) {
    return read(view -> {
      if (offset < view.base().offset()) {
        throw new IndexOutOfBoundsException(
            "log %s: offset %d below %d".formatted(id, offset, view.base().offset()));
      }
      return new LogReader(view).batches(offset, endOffset, maxBytes, firstBatch);
    });
  }

  @Override
  public OptionalLong indexOfOffset(long offset) {
    return read(view -> new LogReader(view).indexOfOffset(Math.max(offset, view.base().offset())));
  }

  @Override
  public OptionalLong indexOfTime(long timestampMs) {
    return read(view -> new LogReader(view).indexOfTime(timestampMs));
  }

  @Override
  public CompletableFuture<Void> dropPrefix(LogBase base) {
    LogBase present = base();
    if (base.equals(present)) {
      return CompletableFuture.completedFuture(null);
    }
    LogView view = queue.view();
    if (base.index() <= present.index() || base.index() >= view.endIndex() - 1) {
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
  public void compact(long fromIndex, long toIndex, EntryCompactor compactor) {
    queue.compact(fromIndex, toIndex, compactor);
  }

  @Override
  public synchronized LogStore reopenCutAt(long endIndex) {
    queue.checkOpen();
    queue.endWritingAt(endIndex);
    return engine.reopened(this, endIndex);
  }

  /** Whoever closes too waits: the files are closed when either call returns. */
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

  private LogView checkedIndex(LogView view, long index) {
    if (!view.holds(index)) {
      throw new IndexOutOfBoundsException(
          "log %s: index %d of [%d, %d)".formatted(id, index, view.startIndex(), view.endIndex()));
    }
    return view;
  }

  /** Reads the present view, again when its files were replaced in the middle. */
  private <T> T read(Function<LogView, T> reader) {
    while (true) {
      try {
        return reader.apply(queue.view());
      } catch (RetiredSegmentException replaced) {
        queue.checkOpen();
      } catch (InternalError fault) {
        // Between PageIn and our access the page went away and the device failed to bring it back.
        throw new StorageException("log " + id + ": a mapped page cannot be read", fault);
      }
    }
  }

  /** Fails if the log was closed. */
  static LogClosedException closed(LogId id) {
    return new LogClosedException("log " + id + " is closed");
  }
}
