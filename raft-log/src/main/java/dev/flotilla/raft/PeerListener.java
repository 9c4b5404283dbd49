package dev.flotilla.raft;

/**
 * Told when a peer can be reached and when it no longer can, see {@link Peers#watch}. The calls
 * alternate and the first says that it is reachable; they come one at a time, on virtual threads,
 * and must not block.
 */
public interface PeerListener {

  /** The peer answered. */
  void reachable();

  /**
   * The connection broke, which is heard within milliseconds of the end of a process, or the peer
   * was silent for too long: it is frozen, cut off or without power.
   */
  void unreachable(String reason);
}
