package dev.flotilla.storage.testkit;

import dev.flotilla.storage.Entry;
import dev.flotilla.storage.EntryCompactor;
import dev.flotilla.storage.EntryHeader;
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
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** A log whose writes pass a {@link FlushGate}. Its monitor guards what waits. */
final class GatedLog implements LogStore {

  private final LogStore log;
  private final FlushGate gate;

  /** Writes that the engine has not seen, in the order of the calls. */
  private final Deque<Waiting> waiting = new ArrayDeque<>();

  /** The end of what the engine was given, durable or not. */
  private long passedEnd;

  /** The engine's future of the last write that it was given; later ones complete after it. */
  private CompletableFuture<Void> lastPassed = CompletableFuture.completedFuture(null);

  /** Why the log takes no more writes. */
  private @Nullable Throwable failure;

  private record Waiting(WriteSet set, CompletableFuture<Void> future) {}

  GatedLog(LogStore log, FlushGate gate) {
    this.log = log;
    this.gate = gate;
    this.passedEnd = log.endIndex();
  }

  @Override
  public synchronized CompletableFuture<Void> write(WriteSet set) {
    if (failure != null) {
      return failed(new LogClosedException("log " + log.id() + " failed before", failure));
    }
    if (waiting.isEmpty() && gate.isOpen(log.id())) {
      Throwable cause = gate.takeFailure();
      if (cause == null) {
        return pass(set, new CompletableFuture<>());
      }
      failure = cause;
      return failed(cause);
    }
    cutNow(set.truncateFrom());
    CompletableFuture<Void> future = new CompletableFuture<>();
    waiting.add(new Waiting(set, future));
    gate.countWaiting(1);
    return future;
  }

  /** Takes what a waiting write truncates from readers, and from the writes that wait before it. */
  private void cutNow(long truncateFrom) {
    if (truncateFrom < passedEnd) {
      lastPassed = log.write(WriteSet.truncate(truncateFrom));
      passedEnd = truncateFrom;
    }
    for (int i = waiting.size(); i > 0; i--) {
      Waiting earlier = waiting.remove();
      List<Entry> kept =
          earlier.set().entries().stream()
              .filter(entry -> entry.header().index() < truncateFrom)
              .toList();
      waiting.add(new Waiting(new WriteSet(earlier.set().truncateFrom(), kept), earlier.future()));
    }
  }

  /** Hands what waits to the engine if the gate is open. */
  synchronized void passWaiting() {
    while (!waiting.isEmpty() && gate.isOpen(log.id())) {
      Throwable cause = gate.takeFailure();
      if (cause != null) {
        failWaiting(cause);
        return;
      }
      Waiting next = waiting.remove();
      gate.countWaiting(-1);
      try {
        var _ = pass(next.set(), next.future());
      } catch (RuntimeException e) {
        complete(lastPassed, next.future(), e);
      }
    }
  }

  private CompletableFuture<Void> pass(WriteSet set, CompletableFuture<Void> future) {
    boolean cuts = set.truncateFrom() < passedEnd;
    lastPassed = log.write(cuts ? set : WriteSet.append(set.entries()));
    passedEnd = Math.min(passedEnd, set.truncateFrom()) + set.entries().size();
    complete(lastPassed, future, null);
    return future;
  }

  private CompletableFuture<Void> failed(Throwable cause) {
    CompletableFuture<Void> future = new CompletableFuture<>();
    complete(lastPassed, future, cause);
    return future;
  }

  /** Completes a write after the engine's, as that one did or with a failure of its own. */
  private void complete(
      CompletableFuture<Void> passed, CompletableFuture<Void> future, @Nullable Throwable failed) {
    var _ =
        passed.whenCompleteAsync(
            (_, cause) -> {
              Throwable failedOrCause = failed == null ? cause : failed;
              if (failedOrCause == null) {
                future.complete(null);
              } else {
                future.completeExceptionally(failedOrCause);
              }
            },
            gate.completions());
  }

  /** Fails all that waits and all that comes. */
  private void failWaiting(Throwable cause) {
    failure = cause;
    gate.countWaiting(-waiting.size());
    for (Waiting write : waiting) {
      complete(lastPassed, write.future(), cause);
    }
    waiting.clear();
  }

  @Override
  public CompletableFuture<Void> dropPrefix(LogBase base) {
    return log.dropPrefix(base);
  }

  @Override
  public synchronized CompletableFuture<Void> reset(LogBase base) {
    if (!waiting.isEmpty()) {
      throw new IllegalStateException(waiting.size() + " writes of " + log.id() + " wait");
    }
    passedEnd = base.index() + 1;
    return log.reset(base);
  }

  @Override
  public LogStore reopenCutAt(long endIndex) {
    synchronized (this) {
      if (!waiting.isEmpty()) {
        throw new IllegalStateException(waiting.size() + " writes of " + log.id() + " wait");
      }
      if (failure == null) {
        failure = new LogClosedException("log " + log.id() + " was opened again");
      }
    }
    gate.checkWorks();
    return gate.guard(log.reopenCutAt(endIndex));
  }

  @Override
  public void compact(long fromIndex, long toIndex, EntryCompactor compactor) {
    log.compact(fromIndex, toIndex, compactor);
  }

  @Override
  public void close() {
    synchronized (this) {
      if (!waiting.isEmpty()) {
        failWaiting(new LogClosedException("log " + log.id() + " was closed before its flush"));
      }
    }
    gate.forget(this);
    log.close();
  }

  @Override
  public LogId id() {
    return log.id();
  }

  @Override
  public LogBase base() {
    return log.base();
  }

  @Override
  public long endIndex() {
    return log.endIndex();
  }

  @Override
  public long endOffset() {
    return log.endOffset();
  }

  @Override
  public Optional<EntryHeader> lastHeader() {
    return log.lastHeader();
  }

  @Override
  public List<TermStart> termStarts() {
    return log.termStarts();
  }

  @Override
  public long diskBytes() {
    return log.diskBytes();
  }

  @Override
  public EntryHeader header(long index) {
    return log.header(index);
  }

  @Override
  public void headers(long fromIndex, long toIndex, Consumer<EntryHeader> consumer) {
    log.headers(fromIndex, toIndex, consumer);
  }

  @Override
  public Slice payload(long index) {
    return log.payload(index);
  }

  @Override
  public Slice batches(long offset, long endOffset, int maxBytes, FirstBatch firstBatch) {
    return log.batches(offset, endOffset, maxBytes, firstBatch);
  }

  @Override
  public OptionalLong indexOfOffset(long offset) {
    return log.indexOfOffset(offset);
  }

  @Override
  public OptionalLong indexOfTime(long timestampMs) {
    return log.indexOfTime(timestampMs);
  }
}
