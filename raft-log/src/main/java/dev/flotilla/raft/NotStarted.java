package dev.flotilla.raft;

import org.apache.ratis.protocol.exceptions.ServerNotReadyException;
import org.jspecify.annotations.Nullable;

/** How Ratis says that a replica was sent something before it had started. */
public final class NotStarted {

  private NotStarted() {}

  /** Whether a failure says so, and nothing else: what was sent is sent again. */
  public static boolean is(@Nullable Object failure) {
    return failure instanceof ServerNotReadyException;
  }
}
