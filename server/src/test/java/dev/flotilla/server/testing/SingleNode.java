package dev.flotilla.server.testing;

import dev.flotilla.proto.metadata.ClusterSettings;
import dev.flotilla.raft.Voter;
import dev.flotilla.server.metadata.Formation;
import dev.flotilla.server.metadata.LeadershipReports;
import dev.flotilla.server.metadata.Metadata;
import dev.flotilla.server.metadata.NodeSettings;
import dev.flotilla.server.metadata.ProducerIds;
import dev.flotilla.server.metadata.TopicConfigs;
import dev.flotilla.server.metadata.TopicCreation;
import dev.flotilla.server.metadata.TopicDeletion;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.common.Endpoint;
import org.apache.kafka.common.TopicIdPartition;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.config.ConfigDef;
import org.apache.kafka.common.security.auth.SecurityProtocol;
import org.jspecify.annotations.Nullable;

/**
 * The metadata of a formed cluster of one registered node, on a log in memory. Every new partition
 * gets node 1 as its leader at once, as replicas would report it.
 */
public final class SingleNode implements AutoCloseable {

  public static final int NODE_ID = 1;
  public static final String CLUSTER_ID = "a-cluster";
  public static final int OFFSETS_PARTITIONS = 4;
  public static final String LISTENER = "CLIENTS";

  public static final Uuid DIRECTORY = new Uuid(1, 1);

  private @Nullable InMemoryCommandLog log;
  private final Metadata metadata;
  private final NodeSettings settings;

  public SingleNode(InMemoryCommandLog.Stored stored, Map<String, String> configured) {
    this.settings = settings(configured);
    this.metadata =
        new Metadata(
            NODE_ID,
            100,
            (stateMachine, listener) ->
                log = InMemoryCommandLog.open(stored, stateMachine, listener));
    var formation = new Formation(metadata);
    await(formation.form(clusterSettings(CLUSTER_ID)));
    await(
        formation.register(
            new Voter("a-peer", NODE_ID, "127.0.0.1", 7000),
            DIRECTORY,
            Optional.of("a-rack"),
            List.of(new Endpoint(LISTENER, SecurityProtocol.PLAINTEXT, "127.0.0.1", 9092))));
    metadata.addPublisher((delta, image) -> {
      if (delta.topicsDelta() != null) {
        delta
            .topicsDelta()
            .createdTopicIds()
            .forEach(id -> {
              var topic = image.topics().getTopic(id);
              topic.partitions().keySet().forEach(number -> lead(topic.name(), number));
            });
      }
    });
  }

  public SingleNode() {
    this(new InMemoryCommandLog.Stored(), Map.of());
  }

  public static ClusterSettings clusterSettings(String clusterId) {
    return ClusterSettings.newBuilder()
        .setClusterId(clusterId)
        .setOffsetsTopicPartitions(OFFSETS_PARTITIONS)
        .build();
  }

  private static NodeSettings settings(Map<String, String> configured) {
    var definition =
        new ConfigDef()
            .define(
                "num.partitions", ConfigDef.Type.INT, 3, ConfigDef.Importance.HIGH, "Partitions.")
            .define(
                "default.replication.factor",
                ConfigDef.Type.INT,
                1,
                ConfigDef.Importance.HIGH,
                "Replicas.")
            .define(
                "storage.engine",
                ConfigDef.Type.STRING,
                "mmap",
                ConfigDef.Importance.HIGH,
                "Engine.")
            .define(
                "log.retention.hours", ConfigDef.Type.INT, 168, ConfigDef.Importance.HIGH, "Hours.")
            .define(
                "ssl.key.password",
                ConfigDef.Type.PASSWORD,
                null,
                ConfigDef.Importance.LOW,
                "Key.");
    return new NodeSettings(definition, new HashMap<>(configured), Set.of("mmap", "lmdb"));
  }

  public Metadata metadata() {
    return metadata;
  }

  public NodeSettings settings() {
    return settings;
  }

  public TopicConfigs topicConfigs() {
    return new TopicConfigs(settings);
  }

  public TopicCreation topicCreation() {
    return new TopicCreation(metadata, settings, topicConfigs(), new Random(1));
  }

  public TopicDeletion topicDeletion() {
    return new TopicDeletion(metadata);
  }

  public ProducerIds producerIds() {
    return new ProducerIds(metadata, NODE_ID);
  }

  private void lead(String name, int number) {
    var topic = metadata.image().topics().getTopic(name);
    LeadershipReports reports = metadata;
    reports.report(new TopicIdPartition(topic.id(), number, name), 1, NODE_ID, List.of(NODE_ID));
  }

  public static <T> T await(CompletableFuture<T> future) {
    return future.orTimeout(10, TimeUnit.SECONDS).join();
  }

  @Override
  public void close() {
    metadata.close();
    if (log != null) {
      log.close();
    }
  }
}
