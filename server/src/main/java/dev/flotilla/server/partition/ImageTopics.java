package dev.flotilla.server.partition;

import dev.flotilla.server.metadata.TopicConfigs;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.function.Supplier;
import org.apache.kafka.common.Node;
import org.apache.kafka.common.TopicIdPartition;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.network.ListenerName;
import org.apache.kafka.image.MetadataImage;
import org.apache.kafka.image.TopicImage;
import org.apache.kafka.metadata.PartitionRegistration;
import org.apache.kafka.metadata.Replicas;
import org.apache.kafka.storage.internals.log.LogConfig;
import org.jspecify.annotations.Nullable;

/** The topics of a metadata image. */
public final class ImageTopics implements Topics {

  private final Supplier<MetadataImage> images;
  private final TopicConfigs configs;

  /**
   * Configurations that were read before: reading one takes longer than a small produce request.
   */
  private final ConcurrentMap<String, Resolved> resolved = new ConcurrentHashMap<>();

  private record Resolved(Map<String, String> set, LogConfig config) {}

  /**
   * Shows the image that is current at each call.
   *
   * @param configs completes what was set for a topic
   */
  public ImageTopics(Supplier<MetadataImage> images, TopicConfigs configs) {
    this.images = images;
    this.configs = configs;
  }

  @Override
  public Optional<String> name(Uuid topicId) {
    return Optional.ofNullable(images.get().topics().getTopic(topicId)).map(TopicImage::name);
  }

  @Override
  public Optional<Uuid> id(String topic) {
    return Optional.ofNullable(images.get().topics().getTopic(topic)).map(TopicImage::id);
  }

  @Override
  public boolean contains(TopicPartition partition) {
    return registration(partition) != null;
  }

  private @Nullable PartitionRegistration registration(TopicPartition partition) {
    TopicImage topic = images.get().topics().getTopic(partition.topic());
    return topic == null ? null : topic.partitions().get(partition.partition());
  }

  @Override
  public LogConfig config(String topic) {
    MetadataImage image = images.get();
    Map<String, String> set = set(image, topic);
    Resolved known = resolved.get(topic);
    if (known == null || !known.set().equals(set)) {
      if (resolved.size() > image.topics().topicsByName().size()) {
        resolved.clear();
      }
      known = new Resolved(Map.copyOf(set), configs.logConfig(set));
      resolved.put(topic, known);
    }
    return known.config();
  }

  private static Map<String, String> set(MetadataImage image, String topic) {
    return image
        .configs()
        .configMapForResource(new ConfigResource(ConfigResource.Type.TOPIC, topic));
  }

  @Override
  public String engine(String topic) {
    return configs.engine(set(images.get(), topic));
  }

  @Override
  public List<Integer> replicas(TopicIdPartition partition) {
    TopicImage topic = images.get().topics().getTopic(partition.topicId());
    PartitionRegistration registration =
        topic == null ? null : topic.partitions().get(partition.partition());
    return registration == null ? List.of() : Replicas.toList(registration.replicas);
  }

  @Override
  public Optional<Leader> leader(TopicPartition partition) {
    PartitionRegistration registration = registration(partition);
    return registration == null || registration.leader < 0
        ? Optional.empty()
        : Optional.of(new Leader(registration.leader, registration.leaderEpoch));
  }

  @Override
  public Optional<Node> node(int nodeId, ListenerName listener) {
    return Optional.ofNullable(images.get().cluster().broker(nodeId))
        .filter(broker -> !broker.fenced())
        .flatMap(broker -> broker.node(listener.value()));
  }
}
