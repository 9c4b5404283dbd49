package dev.flotilla.server.group;

import dev.flotilla.raft.AppendBatch;
import dev.flotilla.raft.Appended;
import dev.flotilla.raft.CheckedEntries;
import dev.flotilla.raft.Leadership;
import dev.flotilla.raft.LogDigest;
import dev.flotilla.raft.PendingAppend;
import dev.flotilla.raft.ReplicatedLog;
import dev.flotilla.raft.ReplicatedLogException;
import dev.flotilla.raft.StoredLog;
import dev.flotilla.storage.EntryHeader;
import dev.flotilla.storage.LogStore.FirstBatch;
import dev.flotilla.storage.Slice;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** A log whose next append or reads fail when a test says so; otherwise the log it wraps. */
final class FaultyLog implements ReplicatedLog {

  private final ReplicatedLog log;

  /** What the next append fails with, and when. */
  private final AtomicReference<@Nullable RuntimeException> refusal = new AtomicReference<>();

  private final AtomicReference<@Nullable RuntimeException> loss = new AtomicReference<>();

  /** What the next read does first: it throws. */
  private final AtomicReference<@Nullable Runnable> readFailure = new AtomicReference<>();

  FaultyLog(ReplicatedLog log) {
    this.log = log;
  }

  /** The next append is refused at once; nothing is queued. */
  void refuseNext(ReplicatedLogException failure) {
    refusal.set(failure);
  }

  /** The next append is taken, never written, and its future fails. */
  void loseNext(ReplicatedLogException failure) {
    loss.set(failure);
  }

  void failNextRead(Runnable failure) {
    readFailure.set(failure);
  }

  @Override
  public PendingAppend append(AppendBatch batch) {
    RuntimeException refused = refusal.getAndSet(null);
    if (refused != null) {
      throw refused;
    }
    RuntimeException lost = loss.getAndSet(null);
    if (lost != null) {
      var future = new CompletableFuture<Appended>();
      long base = log.logEndOffset();
      Thread.ofVirtual().start(() -> future.completeExceptionally(lost));
      return new PendingAppend(base, future);
    }
    return log.append(batch);
  }

  @Override
  public Slice read(long offset, int maxBytes, FirstBatch firstBatch) {
    Runnable failure = readFailure.getAndSet(null);
    if (failure != null) {
      failure.run();
    }
    return log.read(offset, maxBytes, firstBatch);
  }

  @Override
  public Leadership leadership() {
    return log.leadership();
  }

  @Override
  public long logStartOffset() {
    return log.logStartOffset();
  }

  @Override
  public long highWatermark() {
    return log.highWatermark();
  }

  @Override
  public long logEndOffset() {
    return log.logEndOffset();
  }

  @Override
  public long diskBytes() {
    return log.diskBytes();
  }

  @Override
  public Optional<EntryHeader> entryOfTime(long timestampMs) {
    return log.entryOfTime(timestampMs);
  }

  @Override
  public Optional<EntryHeader> entryOfLargestTimestamp() {
    return log.entryOfLargestTimestamp();
  }

  @Override
  public Optional<TermEnd> endOfTerm(int term) {
    return log.endOfTerm(term);
  }

  @Override
  public void headers(long fromOffset, Consumer<EntryHeader> consumer) {
    log.headers(fromOffset, consumer);
  }

  @Override
  public Optional<LogDigest> digest(long index) {
    return log.digest(index);
  }

  @Override
  public StoredLog stored() {
    return log.stored();
  }

  @Override
  public CheckedEntries check(long fromIndex, long maxBytes) {
    return log.check(fromIndex, maxBytes);
  }

  @Override
  public CompletableFuture<Void> moveLogStart(long offset) {
    return log.moveLogStart(offset);
  }
}
