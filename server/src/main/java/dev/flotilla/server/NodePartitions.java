package dev.flotilla.server;

import com.codahale.metrics.MetricRegistry;
import dev.flotilla.raft.ConversionTotals;
import dev.flotilla.raft.Leadership;
import dev.flotilla.raft.RaftNode;
import dev.flotilla.raft.RaftNodeConfig;
import dev.flotilla.raft.Voter;
import dev.flotilla.server.api.FetchWaiters;
import dev.flotilla.server.api.PartitionRequests;
import dev.flotilla.server.config.NodeConfig;
import dev.flotilla.server.group.GroupCoordinators;
import dev.flotilla.server.metadata.LeadershipReports;
import dev.flotilla.server.metadata.Metadata;
import dev.flotilla.server.metadata.TopicConfigs;
import dev.flotilla.server.partition.ImageTopics;
import dev.flotilla.server.partition.Partition;
import dev.flotilla.server.partition.PartitionListener;
import dev.flotilla.server.partition.PartitionMetrics;
import dev.flotilla.server.partition.Partitions;
import dev.flotilla.server.partition.ReplicaLogs;
import dev.flotilla.server.partition.Topics;
import dev.flotilla.server.rebuild.GroupVoters;
import java.io.IOException;
import java.time.Clock;
import java.time.Duration;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import org.apache.kafka.common.internals.Topic;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The partitions of this node and what their requests need: the Raft server of their groups, the
 * threads that read logs, the fetches that wait.
 *
 * @param raft the Raft server of the partitions' groups
 * @param requests what handlers of requests to partitions share
 * @param waiters the fetches that wait
 */
record NodePartitions(RaftNode raft, PartitionRequests requests, FetchWaiters waiters) {

  private static final Logger LOG = LoggerFactory.getLogger(NodePartitions.class);

  /** Threads that may wait for a disk or a page fault while a log is read. */
  private static final int READERS = 4;

  private static final int WAITING_FETCHES = 10_000;

  /** Of the heap, what may wait to be appended. */
  private static final int QUEUE_SHARE = 8;

  private static final long LEAST_QUEUE_BYTES = 32 << 20;

  /**
   * Starts the Raft server, without any group.
   *
   * @param reports where it is said what is led here
   * @param closing closes what was started
   */
  static NodePartitions start(
      NodeConfig config,
      DataDirectory directory,
      Metadata metadata,
      LeadershipReports reports,
      TopicConfigs topicConfigs,
      MetricRegistry registry,
      Closing closing)
      throws IOException {
    RaftNode raft = closing.add(RaftNode.start(raftConfig(config, directory), registry));
    ImageTopics topics = new ImageTopics(metadata::image, topicConfigs);
    Partitions partitions =
        new Partitions(
            config.nodeId(), ReplicaLogs.of(raft), topics, reports, config.producerIdExpiration());
    ScheduledThreadPoolExecutor timer =
        new ScheduledThreadPoolExecutor(
            1, Thread.ofPlatform().name("fetch-timer").daemon().factory());
    // Most waits end early: their timeouts must not pile up.
    timer.setRemoveOnCancelPolicy(true);
    closing.add("timer", timer::shutdownNow);
    ExecutorService readers =
        Executors.newFixedThreadPool(
            READERS, Thread.ofPlatform().name("log-reader-", 0).daemon().factory());
    closing.add("readers", readers::shutdownNow);
    FetchWaiters waiters = new FetchWaiters(timer, WAITING_FETCHES);
    partitions.listen(waiters);
    PartitionMetrics metrics = new PartitionMetrics(registry);
    metrics.waiters(waiters::waiting);
    return new NodePartitions(
        raft, new PartitionRequests(partitions, topics, metrics, timer, readers), waiters);
  }

  static RaftNodeConfig raftConfig(NodeConfig config, DataDirectory directory) throws IOException {
    int maxEntryBytes = EntryLimit.raise(directory.entryLimit(), config.messageMaxBytes());
    return new RaftNodeConfig(
        new Voter(
            directory.peerId(),
            config.nodeId(),
            config.dataListener().host(),
            config.dataListener().port()),
        directory.data(),
        config.storageEngine(),
        config.flushMode(),
        config.engineSettings(),
        config.segmentBytes(),
        maxEntryBytes,
        Math.max(
            Math.max(LEAST_QUEUE_BYTES, maxEntryBytes),
            Runtime.getRuntime().maxMemory() / QUEUE_SHARE),
        Duration.ofSeconds(2),
        Duration.ofSeconds(4),
        Clock.systemUTC());
  }

  Topics topics() {
    return requests.topics();
  }

  Partitions partitions() {
    return requests.partitions();
  }

  /** Says what became of replicas that were to move to another engine, if there were any. */
  void logConversions() {
    ConversionTotals totals = raft.conversions();
    if (totals.converted() + totals.refused() > 0) {
      LOG.info("Storage engines: {}", totals);
    }
  }

  /** Who votes in the groups of the partitions that are led here. */
  GroupVoters voters() {
    return GroupVoters.of(partitions(), raft.groups());
  }

  /** Tells the group coordinators which of their partitions are led here. */
  void tell(GroupCoordinators groups) {
    partitions()
        .listen(
            new PartitionListener() {
              @Override
              public void leadershipChanged(Partition partition, Leadership leadership) {
                if (isOffsets(partition)) {
                  groups.leadershipChanged(partition.topicPartition().partition(), leadership);
                }
              }

              @Override
              public void deleted(Partition partition) {
                if (isOffsets(partition)) {
                  groups.removed(partition.topicPartition().partition());
                }
              }
            });
  }

  private static boolean isOffsets(Partition partition) {
    return partition.topicPartition().topic().equals(Topic.GROUP_METADATA_TOPIC_NAME);
  }
}
