package dev.flotilla.server;

import com.yammer.metrics.core.MetricsRegistry;
import dev.flotilla.server.config.NodeConfig;
import dev.flotilla.server.group.CoordinatorLocator;
import dev.flotilla.server.group.GroupCoordinators;
import dev.flotilla.server.metadata.Metadata;
import dev.flotilla.server.metadata.TopicCreation;
import dev.flotilla.server.partition.Partition;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import org.apache.kafka.common.internals.Topic;
import org.apache.kafka.common.metrics.Metrics;

/**
 * The group coordinators of this node.
 *
 * @param coordinators Kafka's, on this node's partitions
 * @param locator finds the coordinator of a group
 */
record NodeGroups(GroupCoordinators coordinators, CoordinatorLocator locator) {

  /** How long FindCoordinator waits for {@code __consumer_offsets} to be created and led. */
  private static final Duration PATIENCE = Duration.ofSeconds(5);

  /** Starts them; they hear of the metadata and of the partitions from now on. */
  static NodeGroups start(
      NodeConfig config,
      Metadata metadata,
      TopicCreation creation,
      NodePartitions partitions,
      Closing closing) {
    int count = metadata.clusterSettings().orElseThrow().getOffsetsTopicPartitions();
    GroupCoordinators groups =
        closing.add(
            new GroupCoordinators(
                config.nodeId(),
                config.values(),
                count,
                config.messageMaxBytes(),
                partition ->
                    partitions.partitions().find(partition).map(Partition::log).orElse(null),
                closing.add(new Metrics()),
                new MetricsRegistry()));
    metadata.addPublisher(groups::metadataChanged);
    partitions.tell(groups);
    Map<String, String> topicConfig = new HashMap<>();
    groups.topicConfig().forEach((key, value) -> topicConfig.put((String) key, (String) value));
    CoordinatorLocator locator =
        new CoordinatorLocator(
            group -> groups.coordinator().partitionFor(group),
            metadata::image,
            metadata::when,
            () -> creation.ensureInternalTopic(Topic.GROUP_METADATA_TOPIC_NAME, count, topicConfig),
            PATIENCE);
    return new NodeGroups(groups, locator);
  }
}
