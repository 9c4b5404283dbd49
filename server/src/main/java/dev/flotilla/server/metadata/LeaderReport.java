package dev.flotilla.server.metadata;

import dev.flotilla.proto.liveness.LeadershipReports.Report;
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

  /**
   * As it was written by {@link #message}.
   *
   * @throws IllegalArgumentException if it names no topic
   */
  public static LeaderReport of(Report message) {
    return new LeaderReport(
        EntityKey.uuid(message.getTopicId()),
        message.getPartition(),
        message.getTerm(),
        message.getSequence(),
        message.getLeader(),
        message.getCaughtUpList());
  }

  /** As it travels between nodes. */
  public Report message() {
    return Report.newBuilder()
        .setTopicId(EntityKey.bytes(topicId))
        .setPartition(partition)
        .setTerm(term)
        .setSequence(sequence)
        .setLeader(leader)
        .addAllCaughtUp(caughtUp)
        .build();
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
