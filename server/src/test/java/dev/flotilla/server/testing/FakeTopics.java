package dev.flotilla.server.testing;

import dev.flotilla.server.partition.Topics;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Properties;
import java.util.concurrent.ConcurrentHashMap;
import org.apache.kafka.common.Node;
import org.apache.kafka.common.TopicIdPartition;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.network.ListenerName;
import org.apache.kafka.storage.internals.log.LogConfig;

/** Topics as a test names them; each has 100 partitions. */
public final class FakeTopics implements Topics {

  private final Map<String, Uuid> ids = new ConcurrentHashMap<>();
  private final Map<String, LogConfig> configs = new ConcurrentHashMap<>();
  private final Map<TopicPartition, Leader> leaders = new ConcurrentHashMap<>();
  private final Map<TopicPartition, List<Integer>> replicas = new ConcurrentHashMap<>();
  private final Map<Integer, Node> nodes = new ConcurrentHashMap<>();

  /** Adds a topic with some configuration. */
  public Uuid add(String topic, Map<String, String> config) {
    Uuid id = Uuid.randomUuid();
    ids.put(topic, id);
    Properties properties = new Properties();
    properties.putAll(new HashMap<>(config));
    configs.put(topic, new LogConfig(properties));
    return id;
  }

  /** Adds a topic that has an id already. */
  public void put(String topic, Uuid id) {
    ids.put(topic, id);
  }

  public void remove(String topic) {
    ids.remove(topic);
  }

  public void leader(TopicPartition partition, int nodeId, int epoch) {
    leaders.put(partition, new Leader(nodeId, epoch));
  }

  public void node(Node node) {
    nodes.put(node.id(), node);
  }

  @Override
  public Optional<String> name(Uuid topicId) {
    return ids.entrySet().stream()
        .filter(entry -> entry.getValue().equals(topicId))
        .map(Map.Entry::getKey)
        .findFirst();
  }

  @Override
  public Optional<Uuid> id(String topic) {
    return Optional.ofNullable(ids.get(topic));
  }

  @Override
  public boolean contains(TopicPartition partition) {
    return ids.containsKey(partition.topic()) && partition.partition() < 100;
  }

  @Override
  public LogConfig config(String topic) {
    return configs.getOrDefault(topic, new LogConfig(new Properties()));
  }

  /** The one that it was added with. */
  @Override
  public String engine(String topic) {
    return String.valueOf(config(topic).originals().getOrDefault("storage.engine", "mmap"));
  }

  /** Names the nodes of a partition's replicas; node 1 when none are named. */
  public void replicas(TopicPartition partition, List<Integer> nodes) {
    replicas.put(partition, nodes);
  }

  @Override
  public List<Integer> replicas(TopicIdPartition partition) {
    return replicas.getOrDefault(partition.topicPartition(), List.of(1));
  }

  @Override
  public Optional<Leader> leader(TopicPartition partition) {
    return Optional.ofNullable(leaders.get(partition));
  }

  @Override
  public Optional<Node> node(int nodeId, ListenerName listener) {
    return Optional.ofNullable(nodes.get(nodeId));
  }
}
