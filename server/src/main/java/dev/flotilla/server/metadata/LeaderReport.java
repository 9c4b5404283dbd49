package dev.flotilla.server.metadata;

import java.util.List;
import org.apache.kafka.common.Uuid;

/**
 * What a node says of a partition that it leads or has led.
 *
 * @param term the term it leads, the leader epoch of the protocol
 * @param sequence orders what one node says in one term; only one node leads in a term
 * @param leader the leader's node id, or {@link LeadershipReports#NO_LEADER}
 * @param caughtUp the replicas that are caught up, in the protocol's words the ISR, by node id
 */
public record LeaderReport(
    Uuid topicId, int partition, int term, long sequence, int leader, List<Integer> caughtUp) {

  public LeaderReport {
    caughtUp = List.copyOf(caughtUp);
  }

  /** Whether it was said after another report of the same partition. */
  boolean isNewerThan(LeaderReport other) {
    return term > other.term || (term == other.term && sequence > other.sequence);
  }

  /** Whether it says something else, whenever it was said. */
  boolean differsFrom(LeaderReport other) {
    return term != other.term || leader != other.leader || !caughtUp.equals(other.caughtUp);
  }
}
