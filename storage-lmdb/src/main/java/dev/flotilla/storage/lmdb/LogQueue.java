package dev.flotilla.storage.lmdb;

import dev.flotilla.storage.Continuation;
import dev.flotilla.storage.EntryHeader;
import dev.flotilla.storage.LogBase;
import dev.flotilla.storage.LogClosedException;
import dev.flotilla.storage.LogId;
import dev.flotilla.storage.StorageException;
import dev.flotilla.storage.WriteSet;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.function.LongFunction;
import org.jspecify.annotations.Nullable;
import org.lmdbjava.LmdbException;

/**
 * The operations of one log between the call and the disk, and the view that readers have.
 *
 * <p>An operation goes from pending to done, or failed. The first failure is final: it fails the
 * operations of its transaction, those behind it and all later ones.
 */
final class LogQueue implements Work {

  private final LogId id;
  private final Commits commits;
  private final int maxEntryBytes;

  /** In the order of the calls, those in a running transaction included. Guarded by this. */
  private final Deque<LogOperation> pending = new ArrayDeque<>();

  /** Guarded by this. */
  private final Admission admission;

  /** Whether the commit thread has the log in its queue or at hand. Guarded by this. */
  private boolean scheduled;

  /** No more operations are taken. Guarded by this. */
  private boolean closing;

  /** Guarded by this. */
  private @Nullable StorageException failure;

  /**
   * Written under the monitor, by the commit thread after the commit it shows, and by a writer that
   * truncates; read by all.
   */
  private volatile LogView view;

  /** Written by whoever closes, when no reader may begin any more; read by readers. */
  private volatile boolean closed;

  /** The log as it is durable. Commit thread only. */
  private LogState state;

  /** How many entries of the first pending write are durable. Commit thread only. */
  private int begun;

  /** The log as the running transaction leaves it. Commit thread only. */
  private LogState nextState;

  /** How many operations the running transaction completes. Commit thread only. */
  private int nextDone;

  private int nextBegun;

  /**
   * A queue of a log that is open.
   *
   * @param headers reads headers of entries that readers see
   */
  LogQueue(
      LogId id,
      LogState state,
      Commits commits,
      LongFunction<EntryHeader> headers,
      int maxEntryBytes) {
    this.id = id;
    this.commits = commits;
    this.maxEntryBytes = maxEntryBytes;
    this.state = state;
    this.nextState = state;
    this.view = state.view();
    this.admission = new Admission(id, view, headers, maxEntryBytes);
  }

  /** Has rows removed that an earlier use of the log has left. */
  synchronized void removeRemains() {
    if (state.record().hasRemains()) {
      schedule();
    }
  }

  LogView view() {
    checkOpen();
    return view;
  }

  void checkOpen() {
    if (closed) {
      throw LmdbLog.closed(id);
    }
  }

  /** As {@code LogStore.write}. */
  synchronized CompletableFuture<Void> write(WriteSet set) {
    checkTaking();
    if (failure != null) {
      return failedBefore(failure);
    }
    Continuation from = admission.write(set, view, pending);
    if (set.truncateFrom() < view.endIndex() && !pendingIs(LogOperation.Reset.class)) {
      view = view.cutTo(from.index(), from.offset());
    }
    return enqueue(new LogOperation.Write(set, from, new CompletableFuture<>()));
  }

  /** As {@code LogStore.dropPrefix} of a base that describes an entry of the log. */
  synchronized CompletableFuture<Void> dropPrefix(LogBase base) {
    checkTaking();
    if (failure != null) {
      return failedBefore(failure);
    }
    admission.dropPrefix(base);
    return enqueue(new LogOperation.Drop(base, new CompletableFuture<>()));
  }

  /** As {@code LogStore.reset}. */
  synchronized CompletableFuture<Void> reset(LogBase base) {
    checkTaking();
    if (failure != null) {
      return failedBefore(failure);
    }
    if (pendingIs(LogOperation.Write.class)) {
      throw new IllegalStateException("log " + id + ": writes are pending");
    }
    admission.reset(base);
    return enqueue(new LogOperation.Reset(base, new CompletableFuture<>()));
  }

  private boolean pendingIs(Class<? extends LogOperation> kind) {
    return pending.stream().anyMatch(kind::isInstance);
  }

  /** Puts compacted entries in the place of those they were made from. */
  synchronized CompletableFuture<Void> replace(List<LogOperation.Replacement> replacements) {
    checkTaking();
    if (failure != null) {
      return failedBefore(failure);
    }
    return enqueue(new LogOperation.Replace(replacements, new CompletableFuture<>()));
  }

  private CompletableFuture<Void> failedBefore(StorageException cause) {
    return CompletableFuture.failedFuture(
        new LogClosedException("log " + id + " has failed before", cause));
  }

  /** Fails once the log is being closed. */
  synchronized void checkTaking() {
    if (closing) {
      throw LmdbLog.closed(id);
    }
  }

  private CompletableFuture<Void> enqueue(LogOperation operation) {
    pending.add(operation);
    schedule();
    return operation.done();
  }

  private void schedule() {
    if (!scheduled) {
      scheduled = true;
      commits.submit(this);
    }
  }

  @Override
  public void apply(Changes changes) {
    try {
      applyAll(changes);
    } catch (LmdbException e) {
      throw LmdbFailures.isDamage(e) ? LmdbFailures.damage(id, state.record().startIndex(), e) : e;
    }
  }

  private void applyAll(Changes changes) {
    List<LogOperation> operations;
    boolean ends;
    synchronized (this) {
      operations = new ArrayList<>(pending);
      ends = closing;
    }
    LogWriter writer = new LogWriter(id, state, changes, maxEntryBytes);
    nextDone = 0;
    nextBegun = begun;
    for (LogOperation operation : operations) {
      if (!perform(operation, writer)) {
        break;
      }
      nextDone++;
      nextBegun = 0;
      if (changes.isFull()) {
        break;
      }
    }
    if (!ends) {
      writer.removeRemains();
    }
    writer.finish();
    nextState = writer.state();
  }

  /** Whether the operation is complete with this transaction. */
  private boolean perform(LogOperation operation, LogWriter writer) {
    switch (operation) {
      case LogOperation.Write write -> {
        nextBegun = writer.write(write.set(), nextBegun);
        return nextBegun == write.set().entries().size();
      }
      case LogOperation.Drop drop -> writer.dropPrefix(drop.base());
      case LogOperation.Reset reset -> writer.reset(reset.base());
      case LogOperation.Replace replace -> writer.replace(replace.replacements());
      case LogOperation.Close _ -> {}
    }
    return true;
  }

  @Override
  public void committed() {
    List<LogOperation> done = new ArrayList<>(nextDone);
    synchronized (this) {
      List<LogOperation> operations = List.copyOf(pending);
      LogView next =
          Admission.leftBy(operations.subList(nextDone, operations.size()), nextState.view());
      state = nextState;
      begun = nextBegun;
      for (int i = 0; i < nextDone; i++) {
        done.add(pending.remove());
      }
      view = next;
    }
    for (LogOperation operation : done) {
      operation.done().complete(null);
    }
    synchronized (this) {
      boolean more = !pending.isEmpty() || (state.record().hasRemains() && !closing);
      scheduled = more;
      notifyAll();
      if (more) {
        commits.submit(this);
      }
    }
  }

  @Override
  public void failed(StorageException cause) {
    int inTransaction = nextDone;
    for (LogOperation next = nextFailed(cause); next != null; next = nextFailed(cause)) {
      StorageException told =
          inTransaction >= 0
              ? cause
              : new LogClosedException("log " + id + " has failed before", cause);
      next.done().completeExceptionally(told);
      inTransaction--;
    }
  }

  /** Takes the first operation that is pending; with the last the commit thread is done. */
  private synchronized @Nullable LogOperation nextFailed(StorageException cause) {
    failure = cause;
    LogOperation next = pending.poll();
    if (next == null) {
      scheduled = false;
      notifyAll();
    }
    return next;
  }

  /**
   * As {@code LogStore.close}. On return the commit thread does nothing for this queue. Called
   * once.
   *
   * @throws StorageException if what was pending fails
   */
  void close() {
    try {
      endWriting();
    } finally {
      closed = true;
    }
  }

  /** Shows readers nothing from an index on, as a truncation does, and takes no operation more. */
  void endWritingAt(long endIndex, LongFunction<EntryHeader> headers) {
    endWriting();
    synchronized (this) {
      LogView present = view();
      if (endIndex < present.endIndex()) {
        boolean empty = endIndex <= present.startIndex();
        view =
            empty
                ? present.cutTo(present.startIndex(), present.base().offset())
                : present.cutTo(endIndex, headers.apply(endIndex - 1).endOffset());
      }
    }
  }

  private void endWriting() {
    CompletableFuture<Void> done = beginEnd();
    try {
      done.join();
    } catch (CompletionException e) {
      throw new StorageException("close log " + id, causeOf(e));
    } finally {
      awaitLastCommit();
    }
  }

  private synchronized CompletableFuture<Void> beginEnd() {
    boolean toDo = !closing && failure == null;
    closing = true;
    return toDo
        ? enqueue(new LogOperation.Close(new CompletableFuture<>()))
        : CompletableFuture.completedFuture(null);
  }

  /** Does not wait for itself: a log that has failed may be closed by who hears of it there. */
  private synchronized void awaitLastCommit() {
    boolean interrupted = false;
    while (scheduled && !commits.isCommitThread()) {
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
