package dev.flotilla.raft;

import java.util.Optional;

/** What a replica is in its group just now. Terms never fall. */
public sealed interface Leadership {

  /** The current term: the leader epoch of the Kafka protocol. */
  int term();

  /** It leads, its first entry of this term is applied: it may serve. */
  record Ready(int term) implements Leadership {}

  /** It leads, but has not yet applied an entry of this term: what it knows may be old. */
  record NotReady(int term) implements Leadership {}

  /** It follows or campaigns. The leader's node id, when known. */
  record Following(int term, Optional<Integer> leaderNodeId) implements Leadership {}

  /**
   * It led when its disk failed. It appends nothing, but what was committed by then can be read and
   * may be served, as long as nobody knows of a newer term: it is this until the replica, which is
   * opened again when the disk works, hears of a leader or of an election.
   */
  record ReadOnly(int term, String reason) implements Leadership {}

  /** It takes no part any more; the reason for the operator. */
  record Failed(int term, String reason) implements Leadership {}
}
