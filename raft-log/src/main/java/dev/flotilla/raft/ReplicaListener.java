package dev.flotilla.raft;

/**
 * Told what happens to a replica. Calls for one replica come one at a time, in order, on threads of
 * Raft that must not be blocked: hand over and return, and do not call back into the replica's log.
 */
public interface ReplicaListener {

  /** Leader, term or readiness changed. */
  void leadershipChanged(Leadership leadership);

  /**
   * Records below this offset are committed and applied here. Rises within a term of leadership.
   */
  void highWatermarkChanged(long highWatermark);

  /**
   * The replica was found damaged while it ran, and is set aside: it does not lead, vote or serve
   * any more, its files are closed and marked, so that it does not open again until it is deleted.
   * Called once, after all that, on a thread that may block and call the node.
   */
  default void damaged(String reason) {}
}
