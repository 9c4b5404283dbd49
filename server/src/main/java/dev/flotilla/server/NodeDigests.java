package dev.flotilla.server;

import dev.flotilla.raft.ReplicatedLogException;
import dev.flotilla.server.metrics.MetricsServer;
import dev.flotilla.server.partition.Partition;
import dev.flotilla.server.partition.Partitions;
import dev.flotilla.server.status.Digests;
import java.util.Comparator;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.apache.kafka.common.TopicPartition;

/**
 * The digests of a node's replicas, for who compares those of all nodes.
 *
 * <pre>
 *   GET /digests                                    of each replica, at its newest applied entry
 *   GET /digests?topic=NAME&partition=N&index=N     of one, at an entry or the newest before it
 * </pre>
 */
final class NodeDigests implements MetricsServer.Page {

  private final Partitions partitions;

  NodeDigests(Partitions partitions) {
    this.partitions = partitions;
  }

  @Override
  public String json(Map<String, String> query) {
    return new Digests(
            partitions.nodeId(),
            query.isEmpty()
                ? all()
                : partitions.find(asked(query)).stream()
                    .flatMap(partition -> digest(partition, number(query, "index")).stream())
                    .toList())
        .json();
  }

  private List<Digests.ReplicaDigest> all() {
    return partitions.all().stream()
        .flatMap(partition -> digest(partition, Long.MAX_VALUE).stream())
        .sorted(
            Comparator.comparing(Digests.ReplicaDigest::topic)
                .thenComparingInt(Digests.ReplicaDigest::partition))
        .toList();
  }

  static TopicPartition asked(Map<String, String> query) {
    var topic = query.get("topic");
    if (topic == null) {
      throw new IllegalArgumentException("topic is missing");
    }
    return new TopicPartition(topic, Math.toIntExact(number(query, "partition")));
  }

  static long number(Map<String, String> query, String name) {
    var text = query.getOrDefault(name, "");
    try {
      return Long.parseLong(text);
    } catch (NumberFormatException e) {
      throw new IllegalArgumentException("%s=%s is no number".formatted(name, text), e);
    }
  }

  /** Empty for a replica that cannot be read now: the status tells of it. */
  private static Optional<Digests.ReplicaDigest> digest(Partition partition, long index) {
    try {
      return partition
          .log()
          .digest(index)
          .map(digest ->
              new Digests.ReplicaDigest(
                  partition.topicPartition().topic(),
                  partition.topicPartition().partition(),
                  digest.index(),
                  digest.endOffset(),
                  HexFormat.of().toHexDigits(digest.digest())));
    } catch (ReplicatedLogException e) {
      return Optional.empty();
    }
  }
}
