package dev.flotilla.storage.mmap;

import dev.flotilla.storage.Continuation;
import dev.flotilla.storage.EntryCompactor;
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
  private final LogCompactor compactor;

  /** In the order of the calls, those of a running turn included. Guarded by this. */
  private final Deque<LogOperation> pending = new ArrayDeque<>();

  /** Guarded by this. */
  private final Admission admission;

  /** Whether the log is queued for a flusher or with one. Guarded by this. */
  private boolean scheduled;

  /** The flusher whose turn runs. Guarded by this. */
  private @Nullable Thread working;

  /** Guarded by this. */
  private final RestTimer restTimer;

  /** No more operations are taken. Guarded by this. */
  private boolean closing;

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
    this.view = writer.view();
    this.admission = new Admission(directory.log(), view, config.maxEntryBytes());
    this.restTimer = new RestTimer(flushers, config.restAfter(), this::rest);
    this.compactor = new LogCompactor(directory, writer, this);
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
    Continuation from = admission.write(set, view, pending);
    if (set.truncateFrom() < view.endIndex() && !pendingIs(LogOperation.Reset.class)) {
      view = view.cutTo(from.index(), from.offset());
    }
    return enqueue(new LogOperation.Write(set, new CompletableFuture<>()));
  }

  /** As {@code LogStore.dropPrefix} of a base that describes an entry of the log. */
  synchronized CompletableFuture<Void> dropPrefix(LogBase base) {
    checkTaking();
    if (failure != null) {
      return failed(failure);
    }
    admission.dropPrefix(base);
    return enqueue(new LogOperation.Drop(base, new CompletableFuture<>()));
  }

  /** As {@code LogStore.reset}. */
  synchronized CompletableFuture<Void> reset(LogBase base) {
    checkTaking();
    if (failure != null) {
      return failed(failure);
    }
    if (pendingIs(LogOperation.Write.class)) {
      throw new IllegalStateException("log " + directory.log() + ": writes are pending");
    }
    admission.reset(base);
    return enqueue(new LogOperation.Reset(base, new CompletableFuture<>()));
  }

  private boolean pendingIs(Class<? extends LogOperation> kind) {
    return pending.stream().anyMatch(kind::isInstance);
  }

  /** As {@code LogStore.compact}. */
  void compact(long fromIndex, long toIndex, EntryCompactor entryCompactor) {
    compactor.compact(fromIndex, toIndex, entryCompactor);
  }

  /** Puts a rewritten segment in the place of one, if that is still the log's. */
  synchronized CompletableFuture<Void> replace(Segment old, Manifest.SegmentRecord rewritten) {
    checkTaking();
    if (failure != null) {
      return failed(failure);
    }
    Manifest.SegmentRecord stored = Objects.requireNonNull(old.stored());
    return enqueue(new LogOperation.Replace(stored, rewritten, new CompletableFuture<>()));
  }

  private CompletableFuture<Void> failed(StorageException cause) {
    return CompletableFuture.failedFuture(
        new LogClosedException("log " + directory.log() + " has failed before", cause));
  }

  /** Fails once the log is being closed. */
  synchronized void checkTaking() {
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

  /** One turn with a flusher thread; says whether more is pending behind it. */
  private boolean turn(ByteBuffer buffer) {
    List<LogOperation> operations;
    synchronized (this) {
      working = Thread.currentThread();
      operations = new ArrayList<>(pending);
    }
    StorageException failed = null;
    try {
      new Turn(operations, writer).perform(buffer);
      publish(operations.size());
    } catch (IOException e) {
      failed = IoFailures.translate("write " + directory.describe(), e);
    } catch (StorageException e) {
      failed = e;
    } catch (RuntimeException | Error e) {
      failed = new StorageException("write " + directory.describe(), e);
    }
    if (failed == null) {
      operations.forEach(operation -> operation.done().complete(null));
    } else {
      fail(operations, failed);
    }
    release(failed == null);
    return endTurn(operations.stream().allMatch(LogOperation.Mark.class::isInstance));
  }

  /** Shows readers what is durable, but for what pending operations have truncated meanwhile. */
  private synchronized void publish(int operations) {
    view = Admission.leftBy(pending.stream().skip(operations).toList(), writer.view());
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
    } catch (IOException | RuntimeException e) {
      // Garbage stays behind until the log is opened the next time. Nothing else may come of it:
      // the thread is every log's.
      LOG.warn("Log {}: files could not be released", directory.log(), e);
    }
  }

  private synchronized boolean endTurn(boolean onlyMark) {
    restTimer.turned();
    working = null;
    scheduled = !pending.isEmpty();
    notifyAll();
    if (!scheduled && !onlyMark && !closing && failure == null) {
      restTimer.start();
    }
    return scheduled;
  }

  /** Writes the mark when the log has been at rest; once, since a mark changes nothing. */
  private synchronized void rest() {
    restTimer.stopped();
    if (!scheduled && !closing && failure == null && restTimer.isRested()) {
      var _ = enqueue(new LogOperation.Mark(new CompletableFuture<>()));
    }
  }

  /**
   * As {@code LogStore.close}. On return no thread works on the files. Called once.
   *
   * @throws StorageException if the last flush fails
   */
  void close() {
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
                : present.cutTo(endIndex, new LogReader(present).header(endIndex - 1).endOffset());
      }
    }
  }

  /**
   * Takes no operation any more and completes what is pending. On return no thread works on the
   * files. Readers go on.
   */
  private void endWriting() {
    CompletableFuture<Void> done = beginEnd();
    try {
      done.join();
    } catch (CompletionException e) {
      throw new StorageException("close " + directory.describe(), causeOf(e));
    } finally {
      compactor.awaitEnd();
      awaitLastTurn();
    }
  }

  private synchronized CompletableFuture<Void> beginEnd() {
    boolean toDo = !closing && failure == null;
    closing = true;
    return toDo
        ? enqueue(new LogOperation.Close(new CompletableFuture<>()))
        : CompletableFuture.completedFuture(null);
  }

  /** Does not wait for itself: a log that has failed may be closed by who hears of it here. */
  private synchronized void awaitLastTurn() {
    boolean interrupted = false;
    while (scheduled && !Thread.currentThread().equals(working)) {
      try {
        wait();
      } catch (InterruptedException e) {
        interrupted = true;
      }
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }

  static Throwable causeOf(CompletionException e) {
    return Objects.requireNonNullElse(e.getCause(), e);
  }
}
