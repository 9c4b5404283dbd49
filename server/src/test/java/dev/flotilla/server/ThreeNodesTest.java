package dev.flotilla.server;

import static org.assertj.core.api.Assertions.assertThat;

import dev.flotilla.server.config.InvalidConfigException;
import dev.flotilla.server.config.NodeConfig;
import dev.flotilla.server.network.RawClient;
import dev.flotilla.server.testing.Await;
import dev.flotilla.server.testing.FreePorts;
import dev.flotilla.server.testing.NodeUnderTest;
import java.io.IOException;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.apache.kafka.common.message.CreateTopicsRequestData;
import org.apache.kafka.common.message.CreateTopicsRequestData.CreatableTopic;
import org.apache.kafka.common.message.CreateTopicsResponseData;
import org.apache.kafka.common.message.CreateTopicsResponseData.CreatableTopicResult;
import org.apache.kafka.common.message.DeleteTopicsRequestData;
import org.apache.kafka.common.message.DeleteTopicsRequestData.DeleteTopicState;
import org.apache.kafka.common.message.DeleteTopicsResponseData;
import org.apache.kafka.common.message.InitProducerIdRequestData;
import org.apache.kafka.common.message.InitProducerIdResponseData;
import org.apache.kafka.common.message.MetadataRequestData;
import org.apache.kafka.common.message.MetadataResponseData;
import org.apache.kafka.common.protocol.ApiMessage;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.requests.AbstractRequest;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Three whole nodes in this process, asked over the Kafka protocol. */
@Timeout(180)
class ThreeNodesTest {

  private static final int NODES = 3;

  @TempDir Path root = Path.of("");

  private final int firstPort = FreePorts.next(2 * NODES);
  private final Map<Integer, Node> nodes = new TreeMap<>();

  @BeforeEach
  void start() {
    var starting =
        IntStream.rangeClosed(1, NODES)
            .boxed()
            .collect(
                Collectors.toMap(
                    id -> id,
                    id ->
                        CompletableFuture.supplyAsync(() -> open(id), Thread::startVirtualThread)));
    starting.forEach((id, node) -> nodes.put(id, node.orTimeout(90, TimeUnit.SECONDS).join()));
  }

  @AfterEach
  void close() {
    nodes.values().forEach(Node::close);
  }

  private Node open(int id) {
    var list =
        IntStream.rangeClosed(1, NODES)
            .mapToObj(each -> each + "@127.0.0.1:" + (firstPort + 2 * (each - 1)))
            .collect(Collectors.joining(","));
    try {
      return Node.start(
          NodeConfig.of(
              Map.of(
                  "node.id",
                  Integer.toString(id),
                  "cluster.nodes",
                  list,
                  "listeners",
                  "PLAINTEXT://127.0.0.1:0",
                  "metrics.listener",
                  "127.0.0.1:0",
                  "log.dirs",
                  root.resolve("node-" + id).toString())));
    } catch (InvalidConfigException | StartFailure e) {
      throw new AssertionError(e);
    }
  }

  private ApiMessage ask(int id, ApiMessage message) {
    AbstractRequest request = NodeUnderTest.request(message);
    var node = nodes.get(id);
    if (node == null) {
      throw new AssertionError("node " + id + " does not run");
    }
    try (var client = new RawClient(node.endpoints().getFirst().port())) {
      return client.receive(request.apiKey(), client.send(request)).data();
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  private CreatableTopicResult create(int through, CreatableTopic topic) {
    var request = new CreateTopicsRequestData().setTimeoutMs(20_000);
    request.topics().add(topic);
    return ((CreateTopicsResponseData) ask(through, request)).topics().find(topic.name());
  }

  private MetadataResponseData.MetadataResponseTopic describe(int through, String topic) {
    var request = new MetadataRequestData().setAllowAutoTopicCreation(false);
    request.setTopics(
        java.util.List.of(new MetadataRequestData.MetadataRequestTopic().setName(topic)));
    return ((MetadataResponseData) ask(through, request)).topics().find(topic);
  }

  /** How many partitions of a topic a node leads, by its own word. */
  private long ledBy(int id, String topic) {
    return describe(id, topic).partitions().stream()
        .filter(partition -> partition.leaderId() == id)
        .count();
  }

  @Test
  void shouldReplicateATopicByThreeAndLeadEachPartitionOnce() {
    for (var id = 1; id <= NODES; id++) {
      var created =
          create(
              id,
              new CreatableTopic()
                  .setName("topic-" + id)
                  .setNumPartitions(4)
                  .setReplicationFactor((short) -1));
      assertThat(Errors.forCode(created.errorCode())).isEqualTo(Errors.NONE);
      assertThat(created.replicationFactor()).isEqualTo((short) 3);
    }

    for (var topic = 1; topic <= NODES; topic++) {
      var name = "topic-" + topic;
      Await.until(
          () -> IntStream.rangeClosed(1, NODES).mapToLong(id -> ledBy(id, name)).sum() == 4);
    }
  }

  @Test
  void shouldDeleteThroughOneNodeWhatWasCreatedThroughAnother() {
    create(
        1,
        new CreatableTopic().setName("orders").setNumPartitions(3).setReplicationFactor((short) 3));
    Await.until(
        () -> describe(2, "orders").errorCode() != Errors.UNKNOWN_TOPIC_OR_PARTITION.code());
    var request = new DeleteTopicsRequestData().setTimeoutMs(20_000);
    request.topics().add(new DeleteTopicState().setName("orders"));

    var deleted = (DeleteTopicsResponseData) ask(2, request);

    assertThat(Errors.forCode(deleted.responses().find("orders").errorCode()))
        .isEqualTo(Errors.NONE);
    for (var id = 1; id <= NODES; id++) {
      var node = id;
      Await.until(
          () -> describe(node, "orders").errorCode() == Errors.UNKNOWN_TOPIC_OR_PARTITION.code());
    }
  }

  @Test
  void shouldGiveEveryProducerAnIdOfItsOwn() {
    var given = new HashSet<Long>();
    for (var round = 0; round < 3; round++) {
      for (var id = 1; id <= NODES; id++) {
        var answer =
            (InitProducerIdResponseData)
                ask(id, new InitProducerIdRequestData().setTransactionalId(null));
        assertThat(Errors.forCode(answer.errorCode())).isEqualTo(Errors.NONE);
        assertThat(given.add(answer.producerId())).isTrue();
      }
    }
  }

  @Test
  void shouldStartWhileAnotherNodeIsDown() {
    create(
        1,
        new CreatableTopic().setName("orders").setNumPartitions(6).setReplicationFactor((short) 3));
    stop(3);
    stop(2);

    nodes.put(2, open(2));

    assertThat(describe(2, "orders").partitions()).hasSize(6);
  }

  private void stop(int id) {
    var node = nodes.remove(id);
    if (node != null) {
      node.close();
    }
  }

  @Test
  void shouldAcceptTwoReplicasAndRefuseMoreInSyncThanAMajority() {
    var two =
        new CreatableTopic().setName("two").setNumPartitions(1).setReplicationFactor((short) 2);
    assertThat(Errors.forCode(create(2, two).errorCode())).isEqualTo(Errors.NONE);
    var three =
        new CreatableTopic().setName("three").setNumPartitions(1).setReplicationFactor((short) 3);
    three
        .configs()
        .add(
            new CreateTopicsRequestData.CreatableTopicConfig()
                .setName("min.insync.replicas")
                .setValue("3"));
    assertThat(Errors.forCode(create(2, three).errorCode())).isEqualTo(Errors.INVALID_CONFIG);
  }
}
