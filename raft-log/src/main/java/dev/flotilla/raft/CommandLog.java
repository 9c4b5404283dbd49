package dev.flotilla.raft;

import java.nio.ByteBuffer;
import java.util.concurrent.CompletableFuture;

/** A replicated log of commands that drive a {@link CommandStateMachine}. Any thread may call. */
public interface CommandLog {

  Leadership leadership();

  /**
   * Appends a command. The future completes with the state machine's answer once the command is
   * committed and applied here; it fails with a {@link ReplicatedLogException}, after which the
   * outcome may be unknown. Completes on a thread of Raft that must not be blocked.
   */
  CompletableFuture<ByteBuffer> submit(ByteBuffer command);

  /**
   * Snapshots the state machine now and drops the entries the snapshot covers. Returns its index.
   */
  CompletableFuture<Long> snapshot();
}
