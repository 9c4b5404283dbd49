package dev.flotilla.server.group;

import com.yammer.metrics.core.MetricsRegistry;
import dev.flotilla.raft.Leadership;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Properties;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.config.AbstractConfig;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.config.TopicConfig;
import org.apache.kafka.common.errors.CoordinatorNotAvailableException;
import org.apache.kafka.common.internals.Topic;
import org.apache.kafka.common.metrics.Metrics;
import org.apache.kafka.common.utils.Time;
import org.apache.kafka.coordinator.group.GroupConfigManager;
import org.apache.kafka.coordinator.group.GroupCoordinator;
import org.apache.kafka.coordinator.group.GroupCoordinatorConfig;
import org.apache.kafka.coordinator.group.GroupCoordinatorService;
import org.apache.kafka.coordinator.group.metrics.GroupCoordinatorMetrics;
import org.apache.kafka.coordinator.group.metrics.GroupCoordinatorRuntimeMetrics;
import org.apache.kafka.coordinator.group.modern.share.ShareGroupConfig;
import org.apache.kafka.image.MetadataDelta;
import org.apache.kafka.image.MetadataImage;
import org.apache.kafka.server.share.persister.NoOpStatePersister;
import org.apache.kafka.server.util.timer.SystemTimer;
import org.apache.kafka.server.util.timer.SystemTimerReaper;
import org.apache.kafka.storage.internals.log.LogConfig;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The coordinators of this node's groups: Kafka's group coordinator, which keeps one state machine
 * for each partition of {@code __consumer_offsets} that is led here. Works from its construction
 * until it is closed. Any thread may call any method; all return at once.
 */
public final class GroupCoordinators implements AutoCloseable {

  private static final Logger LOG = LoggerFactory.getLogger(GroupCoordinators.class);

  private final OffsetsPartitions partitions;
  private final GroupConfigManager groupConfigs;
  private final GroupCoordinatorService service;

  /** Kafka's coordinator waits for its partitions when topics were deleted; publishers must not. */
  private final ExecutorService metadataUpdates =
      Executors.newSingleThreadExecutor(Thread.ofVirtual().name("group-metadata").factory());

  /**
   * @param config defines what {@link GroupCoordinatorConfig} and {@link ShareGroupConfig} define
   * @param offsetsPartitions the partition count of {@code __consumer_offsets}, fixed in the
   *     cluster's metadata; a group's partition follows from it
   * @param maxBatchBytes the largest batch that a log of {@code __consumer_offsets} takes
   */
  public GroupCoordinators(
      int nodeId,
      AbstractConfig config,
      int offsetsPartitions,
      int maxBatchBytes,
      LogLookup logs,
      Metrics metrics,
      MetricsRegistry registry) {
    var groupConfig = new GroupCoordinatorConfig(config);
    var shareConfig = new ShareGroupConfig(config);
    partitions = new OffsetsPartitions(logs, new RuntimeElections());
    groupConfigs =
        new GroupConfigManager(
            groupConfig.extractGroupConfigMap(shareConfig), groupConfig, shareConfig);
    var logConfig =
        new LogConfig(Map.of(TopicConfig.MAX_MESSAGE_BYTES_CONFIG, Math.max(1, maxBatchBytes)));
    service =
        new GroupCoordinatorService.Builder(nodeId, groupConfig)
            .withTime(Time.SYSTEM)
            .withTimer(
                new SystemTimerReaper("group-coordinator-reaper", new SystemTimer("group-timer")))
            .withLoader(
                new OffsetsLoader(partitions, Time.SYSTEM, groupConfig.offsetsLoadBufferSize()))
            .withWriter(new OffsetsWriter(partitions, logConfig))
            .withCoordinatorRuntimeMetrics(new GroupCoordinatorRuntimeMetrics(metrics))
            .withGroupCoordinatorMetrics(new GroupCoordinatorMetrics(registry, metrics))
            .withGroupConfigManager(groupConfigs)
            .withPersister(new NoOpStatePersister())
            .withAuthorizerPlugin(Optional.empty())
            .withPartitionMetadataClient(new LocalEndOffsets(logs))
            .build();
    service.startup(() -> offsetsPartitions);
  }

  /** Kafka's coordinator, for the handlers of requests. */
  public GroupCoordinator coordinator() {
    return service;
  }

  /** The configuration with which {@code __consumer_offsets} is created. */
  public Properties topicConfig() {
    return service.groupMetadataTopicConfigs();
  }

  /** The leadership of the replica here of a partition of {@code __consumer_offsets} changed. */
  public void leadershipChanged(int partition, Leadership leadership) {
    partition(partition).leadershipChanged(leadership);
  }

  /** The replica here of a partition of {@code __consumer_offsets} is gone. */
  public void removed(int partition) {
    partition(partition).removed();
  }

  private OffsetsPartition partition(int partition) {
    return partitions.of(new TopicPartition(Topic.GROUP_METADATA_TOPIC_NAME, partition));
  }

  /**
   * The metadata image changed. Images must come in order. What depends on them follows: offsets of
   * deleted topics are dropped, new topics are assigned, groups' own configurations are taken over.
   */
  public void metadataChanged(MetadataDelta delta, MetadataImage image) {
    if (!metadataUpdates.isShutdown()) {
      metadataUpdates.execute(() -> update(delta, image));
    }
  }

  private void update(MetadataDelta delta, MetadataImage image) {
    try {
      var configs = delta.configsDelta();
      if (configs != null) {
        for (ConfigResource resource : configs.changes().keySet()) {
          if (resource.type() == ConfigResource.Type.GROUP && !resource.name().isEmpty()) {
            groupConfigs.updateGroupConfig(
                resource.name(), image.configs().configProperties(resource));
          }
        }
      }
      service.onMetadataUpdate(delta, image);
    } catch (RuntimeException e) {
      LOG.error("Groups did not take over a change of the metadata", e);
    }
  }

  /** Unloads all coordinators; what waits for them fails. */
  @Override
  public void close() {
    metadataUpdates.shutdownNow();
    service.shutdown();
  }

  /** Tells Kafka's runtime, which refuses only after it was shut down. */
  private final class RuntimeElections implements Elections {

    @Override
    public void elect(int partition, int term) {
      try {
        service.onElection(partition, term);
      } catch (CoordinatorNotAvailableException e) {
        LOG.debug("Not electing for partition {} in term {}: closed", partition, term, e);
      }
    }

    @Override
    public void resign(int partition) {
      try {
        service.onResignation(partition, OptionalInt.empty());
      } catch (CoordinatorNotAvailableException e) {
        LOG.debug("Not resigning for partition {}: closed", partition, e);
      }
    }
  }
}
