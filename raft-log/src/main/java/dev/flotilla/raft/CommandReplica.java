package dev.flotilla.raft;

import dev.flotilla.storage.EntryHeader;
import java.nio.ByteBuffer;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/** A log of commands, and the state machine it drives. */
final class CommandReplica implements Applied, CommandLog {

  private final String name;
  private final CommandStateMachine stateMachine;
  private final CommandLogListener listener;

  /** What runs now; null between a failure and the next opening. Read by any thread. */
  private volatile @Nullable Replica running;

  /** Written in the order of changes, read by any thread. */
  private volatile Leadership leadership = Replica.NOT_STARTED;

  CommandReplica(String name, CommandStateMachine stateMachine, CommandLogListener listener) {
    this.name = name;
    this.stateMachine = stateMachine;
    this.listener = listener;
  }

  @Override
  public Leadership leadership() {
    return leadership;
  }

  @Override
  public CompletableFuture<ByteBuffer> submit(ByteBuffer command) {
    Replica replica = running;
    return replica == null
        ? CompletableFuture.failedFuture(unavailable())
        : Submission.command(replica, command);
  }

  @Override
  public CompletableFuture<Long> snapshot() {
    Replica replica = running;
    if (replica == null) {
      return CompletableFuture.failedFuture(unavailable());
    }
    // Entries go when both stored snapshots cover them.
    return replica
        .checkpoints()
        .request()
        .thenCompose(done -> replica.checkpoints().request())
        .thenApply(done -> replica.log().getSnapshotIndex());
  }

  private ReplicatedLogException unavailable() {
    return new ReplicatedLogException.Unavailable(name + " does not run: " + leadership);
  }

  @Override
  public void started(Replica replica) {
    running = replica;
  }

  @Override
  public void stopped() {
    running = null;
  }

  @Override
  public void damaged(String reason) {
    listener.damaged(reason);
  }

  @Override
  public void records(EntryHeader header) {
    throw new IllegalStateException(name + ": entry " + header.index() + " holds records");
  }

  @Override
  public ByteBuffer command(EntryHeader header, ByteBuffer command) {
    return stateMachine.apply(header.index(), header.term(), command);
  }

  @Override
  public ByteBuffer snapshot(long index) {
    return stateMachine.snapshot();
  }

  @Override
  public void restore(long index, long endOffset, ByteBuffer state) {
    if (index >= 0 || state.hasRemaining()) {
      stateMachine.restore(index, state);
    }
  }

  @Override
  public void leadershipChanged(Leadership changed) {
    leadership = changed;
    listener.leadershipChanged(changed);
  }
}
