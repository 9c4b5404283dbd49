package dev.flotilla.server.testing;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.message.CreateTopicsRequestData;
import org.apache.kafka.common.message.CreateTopicsRequestData.CreatableTopic;
import org.apache.kafka.common.message.CreateTopicsResponseData;
import org.apache.kafka.common.message.MetadataRequestData;
import org.apache.kafka.common.message.MetadataRequestData.MetadataRequestTopic;
import org.apache.kafka.common.message.MetadataResponseData;
import org.apache.kafka.common.message.MetadataResponseData.MetadataResponseBroker;
import org.apache.kafka.common.message.MetadataResponseData.MetadataResponsePartition;
import org.apache.kafka.common.message.MetadataResponseData.MetadataResponseTopic;
import org.apache.kafka.common.protocol.Errors;

/** Whole nodes 1 to N of one cluster in this process, each stopped and started by itself. */
public final class ClusterUnderTest implements AutoCloseable {

  private static final long PATIENCE_SECONDS = 90;

  private final Path root;
  private final int count;
  private final int firstPort;
  private final Map<String, String> settings;
  private final Map<Integer, NodeUnderTest> nodes = new ConcurrentHashMap<>();

  /** Starts them all, with more settings. */
  public ClusterUnderTest(Path root, int count, Map<String, String> settings) {
    this.root = root;
    this.count = count;
    this.settings = Map.copyOf(settings);
    this.firstPort = FreePorts.next(2 * count);
    start(IntStream.rangeClosed(1, count).toArray());
  }

  /** Starts some at the same time, and returns when they are ready. */
  public void start(int... ids) {
    var started =
        IntStream.of(ids)
            .mapToObj(id ->
                CompletableFuture.runAsync(
                    () -> nodes.put(id, NodeUnderTest.start(root.resolve("node-" + id), of(id))),
                    task -> Thread.ofPlatform().name("start-" + id).start(task)))
            .toArray(CompletableFuture<?>[]::new);
    CompletableFuture.allOf(started).orTimeout(PATIENCE_SECONDS, TimeUnit.SECONDS).join();
  }

  private Map<String, String> of(int id) {
    var all = new TreeMap<>(settings);
    all.put("node.id", "" + id);
    all.put("raft.listener", "127.0.0.1:" + raftPort(id));
    all.put(
        "cluster.nodes",
        IntStream.rangeClosed(1, count)
            .mapToObj(each -> each + "@127.0.0.1:" + raftPort(each))
            .collect(Collectors.joining(",")));
    return all;
  }

  /** The port after it is that of its data groups. */
  private int raftPort(int id) {
    return firstPort + 2 * (id - 1);
  }

  /** Stops a node as an operator does. */
  public void stop(int id) {
    var stopped = nodes.remove(id);
    if (stopped != null) {
      stopped.close();
    }
  }

  public boolean runs(int id) {
    return nodes.containsKey(id);
  }

  public NodeUnderTest node(int id) {
    var node = nodes.get(id);
    if (node == null) {
      throw new IllegalArgumentException("node " + id + " does not run");
    }
    return node;
  }

  /** Creates a topic with its replicas on as many nodes, by way of a node. */
  public void createTopic(int through, String name, int partitions, int replicationFactor)
      throws IOException {
    var data = new CreateTopicsRequestData().setTimeoutMs(20_000);
    data.topics()
        .add(
            new CreatableTopic()
                .setName(name)
                .setNumPartitions(partitions)
                .setReplicationFactor((short) replicationFactor));
    var answer = (CreateTopicsResponseData) node(through).call(data).data();
    var error = Errors.forCode(answer.topics().find(name).errorCode());
    if (error != Errors.NONE) {
      throw new AssertionError(error + " " + answer.topics().find(name).errorMessage());
    }
  }

  /** The id of a topic, as a node says. */
  public Uuid topicId(int asked, String topic) {
    return topic(asked, topic).orElseThrow().topicId();
  }

  private Optional<MetadataResponseTopic> topic(int asked, String topic) {
    var request = new MetadataRequestData().setAllowAutoTopicCreation(false);
    request.setTopics(List.of(new MetadataRequestTopic().setName(topic)));
    return Optional.ofNullable(metadata(asked, request).topics().find(topic));
  }

  /** What a node says of a topic's partitions, by partition; none if it does not know the topic. */
  public Map<Integer, MetadataResponsePartition> partitions(int asked, String topic) {
    var found = topic(asked, topic).orElse(null);
    return found == null
        ? Map.of()
        : found.partitions().stream()
            .collect(
                Collectors.toMap(
                    MetadataResponsePartition::partitionIndex, partition -> partition));
  }

  /** The nodes that a node tells clients of. */
  public Map<Integer, MetadataResponseBroker> brokers(int asked) {
    return metadata(asked, new MetadataRequestData().setTopics(List.of())).brokers().stream()
        .collect(Collectors.toMap(MetadataResponseBroker::nodeId, broker -> broker));
  }

  private MetadataResponseData metadata(int asked, MetadataRequestData request) {
    try {
      return (MetadataResponseData) node(asked).call(request).data();
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  @Override
  public void close() {
    var all =
        nodes.values().stream()
            .map(node -> CompletableFuture.runAsync(node::close, Thread::startVirtualThread))
            .toArray(CompletableFuture<?>[]::new);
    CompletableFuture.allOf(all).join();
  }
}
