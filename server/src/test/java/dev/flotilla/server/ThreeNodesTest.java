package dev.flotilla.server;

import static org.assertj.core.api.Assertions.assertThat;

import dev.flotilla.server.testing.Await;
import dev.flotilla.server.testing.ClusterUnderTest;
import java.io.IOException;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
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
import org.apache.kafka.common.message.MetadataRequestData.MetadataRequestTopic;
import org.apache.kafka.common.message.MetadataResponseData;
import org.apache.kafka.common.message.MetadataResponseData.MetadataResponseTopic;
import org.apache.kafka.common.protocol.ApiMessage;
import org.apache.kafka.common.protocol.Errors;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Three whole nodes in this process, asked over the Kafka protocol. */
@Timeout(180)
class ThreeNodesTest {

  private static final int NODES = 3;

  /** One for all tests: each leaves it whole, and names its own topics. */
  private static ClusterUnderTest cluster;

  @BeforeAll
  static void start(@TempDir Path root) {
    cluster = new ClusterUnderTest(root, NODES, Map.of());
  }

  @AfterAll
  static void close() {
    cluster.close();
  }

  private static ApiMessage ask(int id, ApiMessage message) {
    try {
      return cluster.node(id).call(message).data();
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  private static CreatableTopicResult create(int through, CreatableTopic topic) {
    var request = new CreateTopicsRequestData().setTimeoutMs(20_000);
    request.topics().add(topic);
    return ((CreateTopicsResponseData) ask(through, request)).topics().find(topic.name());
  }

  private static MetadataResponseTopic describe(int through, String topic) {
    var request = new MetadataRequestData().setAllowAutoTopicCreation(false);
    request.setTopics(List.of(new MetadataRequestTopic().setName(topic)));
    return ((MetadataResponseData) ask(through, request)).topics().find(topic);
  }

  /** How many partitions of a topic a node leads, by its own word. */
  private static long ledBy(int id, String topic) {
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
  void shouldDeleteThroughOneNodeWhatWasCreatedThroughAnother() throws IOException {
    cluster.createTopic(1, "orders", 3, 3);
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
  void shouldStartWhileAnotherNodeIsDown() throws IOException {
    cluster.createTopic(1, "lasting", 6, 3);
    cluster.stop(3);
    cluster.stop(2);

    cluster.start(2);

    assertThat(describe(2, "lasting").partitions()).hasSize(6);
    cluster.start(3);
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
