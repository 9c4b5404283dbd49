package dev.flotilla.raft;

import java.nio.ByteBuffer;

/** What a {@link CommandLog} drives. Deterministic. Called by one thread at a time. */
public interface CommandStateMachine {

  /**
   * Applies a committed command and answers it. Must not throw: a command that makes no sense has
   * an answer that says so.
   */
  ByteBuffer apply(long index, long term, ByteBuffer command);

  /** The state after the last applied command. */
  ByteBuffer snapshot();

  /** Replaces the state by a snapshot that covers entries up to {@code index}. */
  void restore(long index, ByteBuffer snapshot);
}
