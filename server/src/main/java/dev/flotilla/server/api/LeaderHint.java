package dev.flotilla.server.api;

import dev.flotilla.raft.Leadership;
import dev.flotilla.server.partition.Partitions;
import dev.flotilla.server.partition.Topics;
import java.util.Optional;
import org.apache.kafka.common.Node;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.network.ListenerName;

/**
 * Who leads a partition, told to a client that asked the wrong node: it saves a metadata request at
 * failover (KIP-951).
 *
 * @param leaderId the leader's node id, -1 if it is not known
 * @param leaderEpoch its epoch, -1 likewise
 * @param node how the client reaches it, if it is up
 */
record LeaderHint(int leaderId, int leaderEpoch, Optional<Node> node) {

  static final LeaderHint UNKNOWN = new LeaderHint(-1, -1, Optional.empty());

  /**
   * What this node knows: its replica's word or the metadata's, whichever is of the newer term.
   * Where its replica has heard of a newer term than both, or leads no longer, nobody is named.
   */
  static LeaderHint of(
      Partitions partitions, Topics topics, TopicPartition partition, ListenerName listener) {
    var replica = partitions.find(partition).map(found -> found.log().leadership());
    var heard = replica.flatMap(leadership -> heard(leadership, partitions.nodeId()));
    int term = replica.map(Leadership::term).orElse(-1);
    return topics
        .leader(partition)
        .filter(reported ->
            reported.epoch() > term
                || (reported.epoch() == term && reported.nodeId() != partitions.nodeId()))
        .or(() -> heard)
        .map(leader ->
            new LeaderHint(leader.nodeId(), leader.epoch(), topics.node(leader.nodeId(), listener)))
        .orElse(UNKNOWN);
  }

  private static Optional<Topics.Leader> heard(Leadership leadership, int here) {
    return switch (leadership) {
      case Leadership.Ready ready -> Optional.of(new Topics.Leader(here, ready.term()));
      case Leadership.Following following ->
          following.leaderNodeId().map(leader -> new Topics.Leader(leader, following.term()));
      case Leadership.NotReady early -> Optional.empty();
      case Leadership.ReadOnly readOnly -> Optional.empty();
      case Leadership.Failed failed -> Optional.empty();
    };
  }
}
