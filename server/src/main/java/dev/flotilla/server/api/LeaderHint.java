package dev.flotilla.server.api;

import dev.flotilla.raft.Leadership;
import dev.flotilla.server.partition.Partition;
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

  /** What this node knows: its replica's word where it has one, else the metadata's. */
  static LeaderHint of(
      Partitions partitions, Topics topics, TopicPartition partition, ListenerName listener) {
    return partitions
        .find(partition)
        .flatMap(LeaderHint::fromReplica)
        .or(() -> topics.leader(partition))
        .map(leader ->
            new LeaderHint(leader.nodeId(), leader.epoch(), topics.node(leader.nodeId(), listener)))
        .orElse(UNKNOWN);
  }

  private static Optional<Topics.Leader> fromReplica(Partition partition) {
    return partition.log().leadership() instanceof Leadership.Following following
        ? following.leaderNodeId().map(leader -> new Topics.Leader(leader, following.term()))
        : Optional.empty();
  }
}
