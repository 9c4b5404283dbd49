package dev.flotilla.server.api;

import dev.flotilla.server.partition.Partition;
import dev.flotilla.server.partition.PartitionMetrics;
import dev.flotilla.server.partition.Partitions;
import dev.flotilla.server.partition.Topics;
import java.util.concurrent.Executor;
import java.util.concurrent.ScheduledExecutorService;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.errors.UnknownTopicIdException;
import org.apache.kafka.common.network.ListenerName;

/**
 * What the handlers of requests to partitions share.
 *
 * @param partitions the partitions of this node
 * @param topics what is known of the cluster's topics
 * @param metrics counts what they do
 * @param timer ends waits; runs short tasks that do not block
 * @param readers reads logs: a few platform threads, since a read may wait for a disk or a page
 *     fault, which would keep a virtual thread's carrier from all others
 */
public record PartitionRequests(
    Partitions partitions,
    Topics topics,
    PartitionMetrics metrics,
    ScheduledExecutorService timer,
    Executor readers) {

  /**
   * The partition that a request names by topic id or, before the version that has them, by name.
   *
   * @param topicId {@link Uuid#ZERO_UUID} for a request that names the topic
   * @throws UnknownTopicIdException if no topic has the id
   * @throws org.apache.kafka.common.errors.ApiException as {@link Partitions#get}
   */
  Partition partition(Uuid topicId, TopicPartition partition) {
    Partition found = partitions.get(partition);
    if (!topicId.equals(Uuid.ZERO_UUID) && !found.id().topicId().equals(topicId)) {
      throw new UnknownTopicIdException("topic id " + topicId + " is not that of " + partition);
    }
    return found;
  }

  /** The name of a topic id; throws as {@link #partition}. */
  String topicName(Uuid topicId) {
    return topics
        .name(topicId)
        .orElseThrow(() -> new UnknownTopicIdException("no topic has the id " + topicId));
  }

  LeaderHint leader(TopicPartition partition, ListenerName listener) {
    return LeaderHint.of(partitions, topics, partition, listener);
  }
}
