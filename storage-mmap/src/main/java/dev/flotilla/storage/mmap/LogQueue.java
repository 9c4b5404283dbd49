package dev.flotilla.storage.mmap;

import dev.flotilla.storage.Entry;
import dev.flotilla.storage.EntryCompactor;
import dev.flotilla.storage.EntryHeader;
import dev.flotilla.storage.LogBase;
import dev.flotilla.storage.LogClosedException;
import dev.flotilla.storage.StorageException;
import dev.flotilla.storage.WriteSet;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The operations of one log between the call and the disk, and the view that readers have. All that
 * is pending when a flusher thread takes the log becomes one turn with one sync.
 *
 * <p>An operation goes from pending to done, or failed. The first failure is final: it fails the
 * operations of its turn, those behind it and all later ones.
 */
final class LogQueue {

  private static final Logger LOG = LoggerFactory.getLogger(LogQueue.class);

  private final LogDirectory directory;
  private final LogWriter writer;
  private final Flushers flushers;
  private final EngineConfig config;

  /** In the order of the calls, those of a running turn included. Guarded by this. */
  private final Deque<LogOperation> pending = new ArrayDeque<>();

  /** Whether the log is queued for a flusher or with one. Guarded by this. */
  private boolean scheduled;

  /** What the next entry must continue. Guarded by this. */
  private Continuation accepted;

  /** Whether the timer runs that writes the mark. Guarded by this. */
  private boolean restTimer;

  /** When the last turn ended, in nanoTime. Guarded by this. */
  private long lastTurn;

  /** No more operations are taken. Guarded by this. */
  private boolean closing;

  /** Whether somebody is ending the reading too, or has done so. Guarded by this. */
  private boolean ending;

  /** Guarded by this. */
  private @Nullable StorageException failure;

  /**
   * Written under the monitor, by a flusher after the flush it shows, and by a writer that
   * truncates; read by all.
   */
  private volatile LogView view;

  /** Written by whoever closes, when no reader may begin any more; read by readers. */
  private volatile boolean closed;

  LogQueue(LogDirectory directory, LogWriter writer, Flushers flushers, EngineConfig config) {
    this.directory = directory;
    this.writer = writer;
    this.flushers = flushers;
    this.config = config;
    this.view = writer.view();
    this.accepted = Continuation.behind(view);
  }

  LogView view() {
    checkOpen();
    return view;
  }

  void checkOpen() {
    if (closed) {
      throw MmapLog.closed(directory.log());
    }
  }

  /** As {@code LogStore.write}. */
  synchronized CompletableFuture<Void> write(WriteSet set) {
    checkTaking();
    if (failure != null) {
      return failed(failure);
    }
    Continuation from = continuation(set.truncateFrom());
    accepted = from.behind(set.entries(), config.maxEntryBytes());
    if (set.truncateFrom() < view.endIndex()) {
      view = view.cutTo(from.index(), from.offset());
    }
    return enqueue(new LogOperation.Write(set, new CompletableFuture<>()));
  }

  /** As {@code LogStore.reset}. */
  synchronized CompletableFuture<Void> reset(LogBase base) {
    checkTaking();
    if (failure != null) {
      return failed(failure);
    }
    boolean writing =
        pending.stream().anyMatch(operation -> !(operation instanceof LogOperation.Mark));
    if (writing) {
      throw new IllegalStateException("log " + directory.log() + ": writes are pending");
    }
    accepted = new Continuation(base.index() + 1, base.term(), base.offset());
    return enqueue(new LogOperation.Reset(base, new CompletableFuture<>()));
  }

  synchronized CompletableFuture<Void> add(LogOperation operation) {
    checkTaking();
    return failure != null ? failed(failure) : enqueue(operation);
  }

  /** As {@code LogStore.compact}. One at a time. */
  void compact(long fromIndex, long toIndex, EntryCompactor compactor) {
    LogView seen = view();
    for (int place = 0; place < seen.segments().size(); place++) {
      Segment segment = seen.segments().get(place);
      long end = seen.endOfSegment(place);
      Manifest.SegmentRecord stored = segment.stored();
      if (stored != null && segment.start().index() < toIndex && end > fromIndex) {
        compact(segment, stored, end, fromIndex, toIndex, compactor);
      }
    }
  }

  private void compact(
      Segment segment,
      Manifest.SegmentRecord stored,
      long end,
      long fromIndex,
      long toIndex,
      EntryCompactor compactor) {
    try {
      ActiveSegment target = writer.rewriteTarget(segment.start());
      Manifest.SegmentRecord rewritten =
          Compaction.rewrite(segment, target, end, fromIndex, toIndex, compactor);
      add(new LogOperation.Replace(stored, rewritten, new CompletableFuture<>())).join();
    } catch (RetiredSegmentException cutOrDropped) {
      checkOpen();
    } catch (CompletionException e) {
      throw new StorageException("compact " + describe(), causeOf(e));
    } catch (IOException e) {
      throw IoFailures.translate("compact " + describe(), e);
    }
  }

  private CompletableFuture<Void> failed(StorageException cause) {
    return CompletableFuture.failedFuture(
        new LogClosedException("log " + directory.log() + " has failed before", cause));
  }

  private void checkTaking() {
    if (closing) {
      throw MmapLog.closed(directory.log());
    }
  }

  private CompletableFuture<Void> enqueue(LogOperation operation) {
    pending.add(operation);
    if (!scheduled) {
      scheduled = true;
      flushers.submit(this::turn);
    }
    return operation.done();
  }

  /** What an entry at the end or at a truncation must continue. */
  private Continuation continuation(long truncateFrom) {
    LogBase base = view.base();
    if (truncateFrom <= base.index()) {
      throw new IllegalArgumentException(
          "log %s: truncation at %d, base at %d"
              .formatted(directory.log(), truncateFrom, base.index()));
    }
    if (truncateFrom >= accepted.index()) {
      return accepted;
    }
    long last = truncateFrom - 1;
    if (last == base.index()) {
      return new Continuation(truncateFrom, base.term(), base.offset());
    }
    EntryHeader header = view.holds(last) ? headerInView(last) : pendingHeader(last);
    return new Continuation(truncateFrom, header.term(), header.endOffset());
  }

  /** The newest pending entry with an index is the one that counts. */
  private EntryHeader pendingHeader(long index) {
    for (var newest = pending.descendingIterator(); newest.hasNext(); ) {
      if (newest.next() instanceof LogOperation.Write write && !write.set().entries().isEmpty()) {
        List<Entry> entries = write.set().entries();
        long first = entries.getFirst().header().index();
        if (first <= index && index < first + entries.size()) {
          return entries.get((int) (index - first)).header();
        }
      }
    }
    throw new IllegalStateException("log " + directory.log() + ": entry " + index + " is nowhere");
  }

  /** Mapped memory, the recent end of the log as a rule. Segments retire after a new view only. */
  private EntryHeader headerInView(long index) {
    return new LogReader(view).header(index);
  }

  /** One turn with a flusher thread. */
  private void turn(ByteBuffer buffer) {
    List<LogOperation> operations;
    synchronized (this) {
      operations = new ArrayList<>(pending);
    }
    StorageException failed = null;
    try {
      perform(operations, buffer);
      publish(operations.size());
    } catch (IOException e) {
      failed = IoFailures.translate("write " + describe(), e);
    } catch (StorageException e) {
      failed = e;
    } catch (RuntimeException | Error e) {
      failed = new StorageException("write " + describe(), e);
    }
    if (failed == null) {
      complete(operations, operation -> !(operation instanceof LogOperation.Close));
    } else {
      fail(operations, failed);
    }
    release(failed == null);
    if (failed == null) {
      // Whoever closes goes on to what release() works with.
      complete(operations, operation -> operation instanceof LogOperation.Close);
    }
    endTurn(operations.stream().allMatch(operation -> operation instanceof LogOperation.Mark));
  }

  private static void complete(List<LogOperation> operations, Predicate<LogOperation> which) {
    operations.stream().filter(which).forEach(operation -> operation.done().complete(null));
  }

  private void perform(List<LogOperation> operations, ByteBuffer buffer) throws IOException {
    long started = System.nanoTime();
    int entries = 0;
    long bytes = 0;
    boolean written = false;
    writer.use(buffer);
    for (LogOperation operation : operations) {
      switch (operation) {
        case LogOperation.Write write -> {
          writer.write(write.set());
          written = true;
          entries += write.set().entries().size();
          for (Entry entry : write.set().entries()) {
            bytes += (long) entry.header().encodedBytes() + entry.payload().remaining();
          }
        }
        case LogOperation.Drop drop -> writer.dropPrefix(drop.base());
        case LogOperation.Reset reset -> writer.reset(reset.base());
        case LogOperation.Replace replace -> writer.replace(replace.old(), replace.rewritten());
        case LogOperation.Mark _ -> {
          if (!written) {
            writer.mark();
          }
        }
        case LogOperation.Close _ -> {
          if (written) {
            writer.flush(entries, bytes, started);
          }
          writer.close();
        }
      }
    }
    if (written && !(operations.getLast() instanceof LogOperation.Close)) {
      writer.flush(entries, bytes, started);
    }
  }

  /** Shows readers what is durable, but for what pending operations have truncated meanwhile. */
  private synchronized void publish(int operations) {
    LogView fresh = writer.view();
    long cut = WriteSet.KEEP;
    int place = 0;
    for (LogOperation operation : pending) {
      if (place++ >= operations && operation instanceof LogOperation.Write write) {
        cut = Math.min(cut, write.set().truncateFrom());
      }
    }
    if (cut < fresh.endIndex()) {
      long offset = fresh.base().offset();
      if (cut > fresh.startIndex()) {
        offset = new LogReader(fresh).header(cut - 1).endOffset();
      }
      fresh = fresh.cutTo(cut, offset);
    }
    view = fresh;
    for (int i = 0; i < operations; i++) {
      pending.remove();
    }
  }

  private void fail(List<LogOperation> operations, StorageException cause) {
    List<LogOperation> behind = new ArrayList<>();
    synchronized (this) {
      failure = cause;
      behind.addAll(pending);
      behind.subList(0, operations.size()).clear();
      pending.clear();
    }
    for (LogOperation operation : operations) {
      operation.done().completeExceptionally(cause);
    }
    for (LogOperation operation : behind) {
      operation
          .done()
          .completeExceptionally(
              new LogClosedException("log " + directory.log() + " has failed before", cause));
    }
  }

  private void release(boolean succeeded) {
    try {
      if (succeeded) {
        writer.release();
      } else {
        writer.abandon();
      }
    } catch (IOException e) {
      // Garbage stays behind until the log is opened the next time.
      LOG.warn("Log {}: files could not be released", directory.log(), e);
    }
  }

  private synchronized void endTurn(boolean onlyMark) {
    lastTurn = System.nanoTime();
    scheduled = !pending.isEmpty();
    if (scheduled) {
      flushers.submit(this::turn);
    } else if (!onlyMark && !restTimer && !closing && failure == null) {
      restTimer = true;
      flushers.later(this::rest, config.restAfter());
    }
  }

  /** Writes the mark when the log has been at rest; once, since a mark changes nothing. */
  private synchronized void rest() {
    restTimer = false;
    if (scheduled || closing || failure != null) {
      return;
    }
    long rested = System.nanoTime() - lastTurn;
    if (rested < config.restAfter().toNanos()) {
      restTimer = true;
      flushers.later(this::rest, config.restAfter().minusNanos(rested));
    } else {
      var _ = enqueue(new LogOperation.Mark(new CompletableFuture<>()));
    }
  }

  /**
   * As {@code LogStore.close}.
   *
   * @throws StorageException if the last flush fails
   */
  void close() {
    synchronized (this) {
      if (ending) {
        return;
      }
      ending = true;
    }
    try {
      endWriting();
    } finally {
      closed = true;
      writer.retireAll();
    }
  }

  /** Shows readers nothing from an index on, as a truncation does, and takes no operation more. */
  void endWritingAt(long endIndex) {
    endWriting();
    synchronized (this) {
      LogView present = view();
      if (endIndex < present.endIndex()) {
        boolean empty = endIndex <= present.startIndex();
        view =
            empty
                ? present.cutTo(present.startIndex(), present.base().offset())
                : present.cutTo(endIndex, headerInView(endIndex - 1).endOffset());
      }
    }
  }

  /** Takes no operation any more and completes what is pending. Readers go on. */
  private void endWriting() {
    CompletableFuture<Void> done;
    synchronized (this) {
      if (closing) {
        return;
      }
      boolean sound = failure == null;
      closing = true;
      done =
          sound
              ? enqueue(new LogOperation.Close(new CompletableFuture<>()))
              : CompletableFuture.completedFuture(null);
    }
    try {
      done.join();
    } catch (CompletionException e) {
      throw new StorageException("close " + describe(), causeOf(e));
    }
  }

  private static Throwable causeOf(CompletionException e) {
    return Objects.requireNonNullElse(e.getCause(), e);
  }

  private String describe() {
    return "log " + directory.log() + " in " + directory.path();
  }
}
