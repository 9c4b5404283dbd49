package dev.flotilla.server.group;

import com.codahale.metrics.MetricRegistry;
import com.yammer.metrics.core.MetricsRegistry;
import dev.flotilla.raft.Leadership;
import dev.flotilla.raft.PartitionState;
import dev.flotilla.raft.ReplicaListener;
import dev.flotilla.raft.ReplicatedLog;
import dev.flotilla.raft.Voter;
import dev.flotilla.server.api.ApiVersionsHandler;
import dev.flotilla.server.api.FetchHandler;
import dev.flotilla.server.api.FetchWaiters;
import dev.flotilla.server.api.GroupHandlers;
import dev.flotilla.server.api.ListOffsetsHandler;
import dev.flotilla.server.api.MetadataHandler;
import dev.flotilla.server.api.PartitionRequests;
import dev.flotilla.server.api.ProduceHandler;
import dev.flotilla.server.metadata.Formation;
import dev.flotilla.server.metadata.Metadata;
import dev.flotilla.server.metadata.NodeSettings;
import dev.flotilla.server.metadata.Reconciler;
import dev.flotilla.server.metadata.Replica;
import dev.flotilla.server.metadata.TopicConfigs;
import dev.flotilla.server.metadata.TopicCreation;
import dev.flotilla.server.network.Listener;
import dev.flotilla.server.network.ListeningSockets;
import dev.flotilla.server.network.NetworkConfig;
import dev.flotilla.server.network.NetworkServer;
import dev.flotilla.server.network.RequestHandler;
import dev.flotilla.server.partition.BatchValidator;
import dev.flotilla.server.partition.ImageTopics;
import dev.flotilla.server.partition.Partition;
import dev.flotilla.server.partition.PartitionListener;
import dev.flotilla.server.partition.PartitionMetrics;
import dev.flotilla.server.partition.Partitions;
import dev.flotilla.server.partition.ReplicaLogs;
import dev.flotilla.server.testing.InMemoryCommandLog;
import dev.flotilla.server.testing.InMemoryReplicaLogs;
import dev.flotilla.server.testing.InMemoryReplicatedLog;
import dev.flotilla.server.testing.SingleNode;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.stream.Collectors;
import org.apache.kafka.common.Endpoint;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.config.AbstractConfig;
import org.apache.kafka.common.config.ConfigDef;
import org.apache.kafka.common.internals.Topic;
import org.apache.kafka.common.message.CreateTopicsRequestData.CreatableTopic;
import org.apache.kafka.common.metrics.Metrics;
import org.apache.kafka.common.security.auth.SecurityProtocol;
import org.apache.kafka.common.utils.Time;
import org.apache.kafka.common.utils.Utils;
import org.apache.kafka.coordinator.group.GroupCoordinatorConfig;
import org.apache.kafka.coordinator.group.modern.share.ShareGroupConfig;

/**
 * A node with everything that consumers and producers talk to, on logs in memory: its own metadata,
 * partitions, coordinators, and a listener on a free port.
 */
final class GroupNode implements AutoCloseable {

  static final int NODE = 1;

  /** A member that leaves while its coordinator is elected is not heard, and missed after this. */
  static final int SESSION_TIMEOUT_MS = 6000;

  private static final ConfigDef DEFINITION =
      Utils.mergeConfigs(List.of(GroupCoordinatorConfig.CONFIG_DEF, ShareGroupConfig.CONFIG_DEF))
          .define(
              "auto.create.topics.enable",
              ConfigDef.Type.BOOLEAN,
              false,
              ConfigDef.Importance.HIGH,
              "Mentioned topics.")
          .define("num.partitions", ConfigDef.Type.INT, 1, ConfigDef.Importance.HIGH, "Partitions.")
          .define(
              "storage.engine",
              ConfigDef.Type.STRING,
              "mmap",
              ConfigDef.Importance.HIGH,
              "Engine.");

  private final Deque<Runnable> closing = new ArrayDeque<>();
  private final InMemoryReplicaLogs logs = new InMemoryReplicaLogs(Clock.systemUTC());
  private final Metadata metadata;
  private final TopicCreation creation;
  private final NodeSettings settings;
  private final int port;

  GroupNode(Path directory) throws IOException {
    var config = NetworkConfig.defaults();
    var sockets = ListeningSockets.bind(List.of(Listener.plaintext("127.0.0.1", 0)), config);
    port = sockets.port("PLAINTEXT");
    var stored = new InMemoryCommandLog.Stored();
    metadata =
        new Metadata(
            NODE, 1000, (machine, listener) -> InMemoryCommandLog.open(stored, machine, listener));
    closing.push(metadata::close);
    var formation = new Formation(metadata);
    SingleNode.await(formation.form(SingleNode.clusterSettings("groups")));
    var directoryId = Uuid.randomUuid();
    SingleNode.await(
        formation.register(
            new Voter("one", NODE, "127.0.0.1", 1),
            directoryId,
            Optional.empty(),
            List.of(new Endpoint("PLAINTEXT", SecurityProtocol.PLAINTEXT, "127.0.0.1", port))));
    settings = new NodeSettings(DEFINITION, Map.of(), Set.of("mmap"));
    var topicConfigs = new TopicConfigs(settings);
    creation = new TopicCreation(metadata, settings, topicConfigs, new Random(1));

    var topics = new ImageTopics(metadata::image, topicConfigs);
    var partitions = new Partitions(NODE, new Campaigning(), topics, metadata, Duration.ofDays(1));
    GroupCoordinators groups = groups(partitions);
    closing.push(groups::close);
    closing.push(
        new Reconciler(metadata, NODE, directoryId, directory.resolve("ledger"), partitions)
            ::close);
    List<RequestHandler> handlers =
        ApiVersionsHandler.advertising(handlers(partitions, topics, groups));
    var server =
        NetworkServer.start(
            sockets,
            handlers,
            version -> ApiVersionsHandler.response(handlers, version),
            config,
            new MetricRegistry(),
            Time.SYSTEM);
    closing.push(server::close);
  }

  private GroupCoordinators groups(Partitions partitions) {
    var groups =
        new GroupCoordinators(
            NODE,
            new AbstractConfig(
                DEFINITION,
                Map.of(
                    GroupCoordinatorConfig.GROUP_INITIAL_REBALANCE_DELAY_MS_CONFIG,
                    0,
                    GroupCoordinatorConfig.CONSUMER_GROUP_MIN_SESSION_TIMEOUT_MS_CONFIG,
                    SESSION_TIMEOUT_MS,
                    GroupCoordinatorConfig.CONSUMER_GROUP_SESSION_TIMEOUT_MS_CONFIG,
                    SESSION_TIMEOUT_MS,
                    GroupCoordinatorConfig.CONSUMER_GROUP_MIN_HEARTBEAT_INTERVAL_MS_CONFIG,
                    100,
                    GroupCoordinatorConfig.CONSUMER_GROUP_HEARTBEAT_INTERVAL_MS_CONFIG,
                    100),
                false),
            SingleNode.OFFSETS_PARTITIONS,
            1 << 19,
            tp -> partitions.find(tp).map(Partition::log).orElse(null),
            new Metrics(),
            new MetricsRegistry());
    metadata.addPublisher(groups::metadataChanged);
    partitions.listen(
        new PartitionListener() {
          @Override
          public void leadershipChanged(Partition partition, Leadership leadership) {
            if (partition.topicPartition().topic().equals(Topic.GROUP_METADATA_TOPIC_NAME)) {
              groups.leadershipChanged(partition.topicPartition().partition(), leadership);
            }
          }
        });
    return groups;
  }

  private List<RequestHandler> handlers(
      Partitions partitions, ImageTopics topics, GroupCoordinators groups) {
    ScheduledExecutorService timer = Executors.newSingleThreadScheduledExecutor();
    closing.push(timer::shutdownNow);
    ExecutorService readers = Executors.newFixedThreadPool(2);
    closing.push(readers::shutdownNow);
    var waiters = new FetchWaiters(timer, 100);
    partitions.listen(waiters);
    var metrics = new PartitionMetrics(new MetricRegistry());
    var requests = new PartitionRequests(partitions, topics, metrics, timer, readers);
    Map<String, String> topicConfig =
        groups.topicConfig().entrySet().stream()
            .collect(Collectors.toMap(e -> (String) e.getKey(), e -> (String) e.getValue()));
    var locator =
        new CoordinatorLocator(
            groups.coordinator()::partitionFor,
            metadata::image,
            metadata::when,
            () ->
                creation.ensureInternalTopic(
                    Topic.GROUP_METADATA_TOPIC_NAME, SingleNode.OFFSETS_PARTITIONS, topicConfig),
            Duration.ofSeconds(2));
    List<RequestHandler> handlers = new ArrayList<>();
    handlers.add(new ProduceHandler(requests, new BatchValidator(Time.SYSTEM, metrics)));
    handlers.add(new FetchHandler(requests, waiters, 55 << 20));
    handlers.add(new ListOffsetsHandler(requests));
    handlers.add(new MetadataHandler(metadata, creation, settings));
    handlers.addAll(GroupHandlers.of(groups.coordinator(), locator, metadata::image));
    return handlers;
  }

  /** Replicas that lead as soon as they are told to campaign. */
  private final class Campaigning implements ReplicaLogs {

    @Override
    public Set<UUID> stored() {
      return logs.stored();
    }

    @Override
    public ReplicatedLog create(
        UUID group,
        String name,
        String engine,
        List<Voter> voters,
        PartitionState state,
        ReplicaListener listener) {
      return logs.create(group, name, engine, voters, state, listener);
    }

    @Override
    public ReplicatedLog open(
        UUID group, String name, String engine, PartitionState state, ReplicaListener listener) {
      return logs.open(group, name, engine, state, listener);
    }

    @Override
    public void campaign(UUID group) {
      InMemoryReplicatedLog log = logs.log(group);
      log.leadReady(log.leadership().term() + 1);
    }

    @Override
    public Set<Integer> caughtUp(UUID group) {
      return logs.caughtUp(group);
    }

    @Override
    public CompletableFuture<Void> transferLeadership(UUID group, int nodeId, Duration timeout) {
      return logs.transferLeadership(group, nodeId, timeout);
    }

    @Override
    public void close(UUID group) {
      logs.close(group);
    }

    @Override
    public void delete(UUID group) {
      logs.delete(group);
    }
  }

  String bootstrap() {
    return "127.0.0.1:" + port;
  }

  void createTopic(String name, int partitions) {
    SingleNode.await(
        creation.create(
            new CreatableTopic()
                .setName(name)
                .setNumPartitions(partitions)
                .setReplicationFactor((short) 1)));
  }

  /** Every coordinator partition is lost and led again, two terms later. */
  void reelectCoordinators() {
    Uuid topic = metadata.image().topics().getTopic(Topic.GROUP_METADATA_TOPIC_NAME).id();
    for (int partition = 0; partition < SingleNode.OFFSETS_PARTITIONS; partition++) {
      InMemoryReplicatedLog log = logs.log(Replica.groupOf(topic, partition));
      int term = log.leadership().term();
      log.become(new Leadership.Following(term + 1, Optional.empty()));
      log.leadReady(term + 2);
    }
  }

  @Override
  public void close() {
    while (!closing.isEmpty()) {
      closing.pop().run();
    }
  }
}
