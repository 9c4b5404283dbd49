package dev.flotilla.server.metadata;

import com.google.protobuf.ByteString;
import dev.flotilla.proto.metadata.ClusterSettings;
import dev.flotilla.proto.metadata.Command;
import dev.flotilla.proto.metadata.Entity;
import dev.flotilla.proto.metadata.Partition;
import dev.flotilla.proto.metadata.Topic;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.errors.ApiException;
import org.apache.kafka.common.errors.InvalidConfigurationException;
import org.apache.kafka.common.errors.InvalidPartitionsException;
import org.apache.kafka.common.errors.InvalidReplicationFactorException;
import org.apache.kafka.common.errors.InvalidRequestException;
import org.apache.kafka.common.errors.InvalidTopicException;
import org.apache.kafka.common.errors.TopicExistsException;
import org.apache.kafka.common.message.CreateTopicsRequestData.CreatableTopic;
import org.apache.kafka.common.message.CreateTopicsRequestData.CreatableTopicConfig;
import org.apache.kafka.image.ClusterImage;
import org.apache.kafka.image.MetadataImage;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Creates topics: for CreateTopics, for topics that clients only mention, and for the cluster's own
 * ones. Any thread may call; nothing blocks.
 */
public final class TopicCreation {

  private static final Logger LOG = LoggerFactory.getLogger(TopicCreation.class);

  static final String NUM_PARTITIONS = "num.partitions";
  static final String DEFAULT_REPLICATION_FACTOR = "default.replication.factor";

  /** A topic's leaders are there at once; a client that asks later is told to come again. */
  private static final Duration LEADERS_WAIT = Duration.ofSeconds(3);

  private static final int DEFAULT_MAX_REPLICATION_FACTOR = 3;

  private final Metadata metadata;
  private final NodeSettings node;
  private final TopicConfigs configs;
  private final Placement placement;

  public TopicCreation(
      Metadata metadata, NodeSettings node, TopicConfigs configs, Random placementRandom) {
    this.metadata = metadata;
    this.node = node;
    this.configs = configs;
    this.placement = new Placement(placementRandom);
  }

  /**
   * A topic that was created, or would be.
   *
   * @param config what was set for it
   */
  public record Created(
      String name, Uuid id, int partitions, short replicationFactor, Map<String, String> config) {}

  /**
   * Checks a topic and plans it, without creating it.
   *
   * @throws ApiException with the error for the client
   */
  public Created validate(CreatableTopic topic) {
    return plan(topic).created();
  }

  /**
   * Creates a topic. Completes when this node's image has it, with leaders where they come at once;
   * fails with an {@link ApiException} for the client, or a {@link
   * dev.flotilla.raft.ReplicatedLogException} after which the topic may exist or not.
   */
  public CompletableFuture<Created> create(CreatableTopic topic) {
    // A command that changes nothing: when it is back, this node's image shows all that was
    // committed before. In an older one, nodes that just came would lead nothing, or be missing.
    return metadata
        .submit(Command.getDefaultInstance())
        .thenCompose(shown -> create(topic, plan(topic)));
  }

  private CompletableFuture<Created> create(CreatableTopic topic, Plan plan) {
    return metadata
        .submit(plan.command())
        .thenCompose(outcome ->
            switch (outcome) {
              case Outcome.Done done -> {
                warn(plan.created());
                yield withLeaders(plan.created());
              }
              case Outcome.Conflict conflict -> CompletableFuture.failedFuture(taken(topic.name()));
            });
  }

  private static void warn(Created created) {
    if (created.replicationFactor() == 2) {
      LOG.warn(
          "Topic {} has two replicas: its partitions stop when either of their nodes is down",
          created.name());
    }
  }

  /** Creates a topic with the node's defaults, because a client mentioned it. */
  public CompletableFuture<Created> createByMention(String name) {
    return create(
        new CreatableTopic().setName(name).setNumPartitions(-1).setReplicationFactor((short) -1));
  }

  /**
   * Makes sure that one of the cluster's own topics exists. Completes with its id when this node's
   * image has it; fails as {@link #create}.
   */
  public CompletableFuture<Uuid> ensureInternalTopic(
      String name, int partitions, Map<String, String> config) {
    var existing = metadata.image().topics().getTopic(name);
    if (existing != null) {
      return CompletableFuture.completedFuture(existing.id());
    }
    var topic =
        new CreatableTopic()
            .setName(name)
            .setNumPartitions(partitions)
            .setReplicationFactor(unsetReplicationFactor());
    config.forEach((key, value) ->
        topic.configs().add(new CreatableTopicConfig().setName(key).setValue(value)));
    return create(topic)
        .thenApply(Created::id)
        .exceptionallyCompose(failure ->
            cause(failure) instanceof TopicExistsException
                ? created(name)
                : CompletableFuture.failedFuture(failure));
  }

  /** The id of a topic that somebody else creates: the metadata has it, the image will. */
  private CompletableFuture<Uuid> created(String name) {
    var seen = metadata.when(image -> image.topics().getTopic(name) != null);
    return seen.orTimeout(LEADERS_WAIT.toMillis(), TimeUnit.MILLISECONDS)
        .thenApply(image -> image.topics().getTopic(name).id())
        .whenComplete((id, failure) -> seen.cancel(false));
  }

  private static Throwable cause(Throwable failure) {
    var cause = failure.getCause();
    return failure instanceof CompletionException && cause != null ? cause : failure;
  }

  private record Plan(Created created, Command command) {}

  private Plan plan(CreatableTopic topic) {
    org.apache.kafka.common.internals.Topic.validate(topic.name());
    if (metadata.find(EntityKey.topic(topic.name())).isPresent()) {
      throw taken(topic.name());
    }
    var config = config(topic);
    var image = metadata.image();
    var partitions = partitions(topic, image);
    requireFixedPartitions(topic.name(), partitions.size());
    var replicationFactor = partitions.getFirst().size();
    configs.check(config, replicationFactor);
    var id = Uuid.randomUuid();
    return new Plan(
        new Created(topic.name(), id, partitions.size(), (short) replicationFactor, config),
        command(topic.name(), id, config, partitions, image.cluster()));
  }

  private static Map<String, String> config(CreatableTopic topic) {
    var missing =
        topic.configs().stream()
            .filter(config -> config.value() == null)
            .map(CreatableTopicConfig::name)
            .collect(Collectors.joining(","));
    if (!missing.isEmpty()) {
      throw new InvalidConfigurationException(
          "Null value not supported for topic configs: " + missing);
    }
    var config = new HashMap<String, String>();
    topic.configs().forEach(entry -> config.put(entry.name(), entry.value()));
    return config;
  }

  private List<List<Integer>> partitions(CreatableTopic topic, MetadataImage image) {
    if (!topic.assignments().isEmpty()) {
      if (topic.replicationFactor() != -1 || topic.numPartitions() != -1) {
        throw new InvalidRequestException(
            "with a manual assignment, the numbers of partitions and replicas must be -1");
      }
      return Placement.manual(image.cluster(), topic.assignments());
    }
    if (topic.replicationFactor() < -1 || topic.replicationFactor() == 0) {
      throw new InvalidReplicationFactorException(
          "Replication factor must be larger than 0, or -1 to use the default value.");
    }
    if (topic.numPartitions() < -1 || topic.numPartitions() == 0) {
      throw new InvalidPartitionsException(
          "Number of partitions was set to an invalid non-positive value.");
    }
    var count = topic.numPartitions() == -1 ? defaultPartitions() : topic.numPartitions();
    var replicas =
        topic.replicationFactor() == -1 ? defaultReplicationFactor() : topic.replicationFactor();
    return placement.spread(image.cluster(), count, replicas);
  }

  /** How many partitions a topic gets that does not say. */
  public int defaultPartitions() {
    return node.intValue(NUM_PARTITIONS, 1);
  }

  private short defaultReplicationFactor() {
    return node.configured().containsKey(DEFAULT_REPLICATION_FACTOR)
        ? (short) node.intValue(DEFAULT_REPLICATION_FACTOR, 1)
        : unsetReplicationFactor();
  }

  private short unsetReplicationFactor() {
    var registered = metadata.image().cluster().brokers().size();
    // Some may not have registered yet: then creation fails, rather than with too few replicas.
    var first = metadata.clusterSettings().map(ClusterSettings::getFirstNodes).orElse(1);
    var nodes = Math.max(registered, first);
    return (short) Math.clamp(nodes, 1, DEFAULT_MAX_REPLICATION_FACTOR);
  }

  private void requireFixedPartitions(String name, int partitions) {
    var settings = metadata.clusterSettings();
    if (name.equals(org.apache.kafka.common.internals.Topic.GROUP_METADATA_TOPIC_NAME)
        && settings.isPresent()
        && settings.get().getOffsetsTopicPartitions() != partitions) {
      throw new InvalidPartitionsException(
          "%s has %d partitions, fixed when the cluster was formed"
              .formatted(name, settings.get().getOffsetsTopicPartitions()));
    }
  }

  private static Command command(
      String name,
      Uuid id,
      Map<String, String> config,
      List<List<Integer>> partitions,
      ClusterImage cluster) {
    var topicId = EntityKey.bytes(id);
    var commands =
        new Commands()
            .expectAbsent(EntityKey.topic(name))
            .put(
                Entity.newBuilder()
                    .setTopic(Topic.newBuilder().setName(name).setId(topicId).putAllConfig(config))
                    .build());
    for (var partition = 0; partition < partitions.size(); partition++) {
      commands.put(
          Entity.newBuilder()
              .setPartition(
                  Partition.newBuilder()
                      .setTopicId(topicId)
                      .setPartition(partition)
                      .addAllReplicas(partitions.get(partition))
                      .addAllDirectoryIds(directories(partitions.get(partition), cluster)))
              .build());
    }
    return commands.build();
  }

  /** Where the replicas are made: their first votes count only there. */
  private static List<ByteString> directories(List<Integer> replicas, ClusterImage cluster) {
    return replicas.stream()
        .map(node -> cluster.broker(node).directories().getFirst())
        .map(EntityKey::bytes)
        .toList();
  }

  /** Why a name cannot be had: it exists, or one that differs only in '.' and '_' does. */
  private ApiException taken(String name) {
    var holder =
        metadata
            .find(EntityKey.topic(name))
            .map(stored -> stored.entity().getTopic().getName())
            .orElse(name);
    return holder.equals(name)
        ? new TopicExistsException("Topic '" + name + "' already exists.")
        : new InvalidTopicException(
            "Topic '%s' collides with existing topic: %s".formatted(name, holder));
  }

  private CompletableFuture<Created> withLeaders(Created created) {
    var led = metadata.when(image -> isLed(image, created.id()));
    return led.thenApply(image -> created)
        .completeOnTimeout(created, LEADERS_WAIT.toMillis(), TimeUnit.MILLISECONDS)
        .whenComplete((done, failure) -> led.cancel(false));
  }

  /** Also when the topic is gone again: nothing is left to wait for. */
  private static boolean isLed(MetadataImage image, Uuid id) {
    var topic = image.topics().getTopic(id);
    return topic == null
        || topic.partitions().values().stream()
            .noneMatch(partition -> partition.leader == LeadershipReports.NO_LEADER);
  }
}
