package dev.flotilla.server.api;

import static dev.flotilla.server.testing.SingleNode.await;
import static org.assertj.core.api.Assertions.assertThat;

import dev.flotilla.server.testing.InMemoryCommandLog;
import dev.flotilla.server.testing.SingleNode;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.apache.kafka.common.message.CreateTopicsRequestData.CreatableTopic;
import org.apache.kafka.common.message.DescribeClusterRequestData;
import org.apache.kafka.common.message.DescribeTopicPartitionsRequestData;
import org.apache.kafka.common.message.DescribeTopicPartitionsRequestData.Cursor;
import org.apache.kafka.common.message.DescribeTopicPartitionsRequestData.TopicRequest;
import org.apache.kafka.common.message.DescribeTopicPartitionsResponseData;
import org.apache.kafka.common.message.InitProducerIdRequestData;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.requests.DescribeClusterRequest;
import org.apache.kafka.common.requests.DescribeClusterResponse;
import org.apache.kafka.common.requests.DescribeTopicPartitionsRequest;
import org.apache.kafka.common.requests.DescribeTopicPartitionsResponse;
import org.apache.kafka.common.requests.InitProducerIdRequest;
import org.apache.kafka.common.requests.InitProducerIdResponse;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class DescribeHandlersTest {

  private final SingleNode node = new SingleNode(new InMemoryCommandLog.Stored(), Map.of());

  @AfterEach
  void close() {
    node.close();
  }

  static Stream<Short> clusterVersions() {
    return Calls.versions(ApiKeys.DESCRIBE_CLUSTER);
  }

  static Stream<Short> producerVersions() {
    return Calls.versions(ApiKeys.INIT_PRODUCER_ID);
  }

  private void create(String name, int partitions) {
    await(
        node.topicCreation()
            .create(
                new CreatableTopic()
                    .setName(name)
                    .setNumPartitions(partitions)
                    .setReplicationFactor((short) 1)));
  }

  private DescribeClusterResponse cluster(DescribeClusterRequestData data, short version) {
    return Calls.call(
        new DescribeClusterHandler(node.metadata()),
        new DescribeClusterRequest.Builder(data).build(version),
        DescribeClusterResponse.class);
  }

  @ParameterizedTest
  @MethodSource("clusterVersions")
  void shouldDescribeTheClusterInEveryVersion(short version) {
    var data = new DescribeClusterRequestData().setIncludeClusterAuthorizedOperations(true);

    var response = cluster(data, version).data();

    assertThat(response.clusterId()).isEqualTo(SingleNode.CLUSTER_ID);
    assertThat(response.controllerId()).isEqualTo(SingleNode.NODE_ID);
    assertThat(response.brokers()).hasSize(1);
    assertThat(response.brokers().find(SingleNode.NODE_ID).port()).isEqualTo(9092);
    assertThat(response.clusterAuthorizedOperations()).isEqualTo(AuthorizedOperations.CLUSTER);
  }

  @Test
  void shouldSendThoseAwayWhoLookForControllers() {
    var controllers = new DescribeClusterRequestData().setEndpointType((byte) 2);
    var nonsense = new DescribeClusterRequestData().setEndpointType((byte) 9);

    assertThat(cluster(controllers, (short) 1).data().errorCode())
        .isEqualTo(Errors.MISMATCHED_ENDPOINT_TYPE.code());
    assertThat(cluster(nonsense, (short) 1).data().errorCode())
        .isEqualTo(Errors.UNSUPPORTED_ENDPOINT_TYPE.code());
  }

  private DescribeTopicPartitionsResponseData partitions(DescribeTopicPartitionsRequestData data) {
    return Calls.call(
            new DescribeTopicPartitionsHandler(node.metadata(), node.settings()),
            new DescribeTopicPartitionsRequest.Builder(data).build((short) 0),
            DescribeTopicPartitionsResponse.class)
        .data();
  }

  @Test
  void shouldDescribeAllTopicsPageByPage() {
    create("a", 3);
    create("b", 1);
    create("c", 2);
    var seen = new ArrayList<String>();
    var data = new DescribeTopicPartitionsRequestData().setResponsePartitionLimit(2);
    var pages = 0;

    do {
      var response = partitions(data);
      response
          .topics()
          .forEach(topic ->
              topic
                  .partitions()
                  .forEach(partition -> {
                    assertThat(partition.leaderId()).isEqualTo(SingleNode.NODE_ID);
                    seen.add(topic.name() + "-" + partition.partitionIndex());
                  }));
      var next = response.nextCursor();
      data.setCursor(
          next == null
              ? null
              : new Cursor()
                  .setTopicName(next.topicName())
                  .setPartitionIndex(next.partitionIndex()));
      pages++;
    } while (data.cursor() != null);

    assertThat(seen).containsExactly("a-0", "a-1", "a-2", "b-0", "c-0", "c-1");
    assertThat(pages).isEqualTo(3);
  }

  @Test
  void shouldSayWhichNamedTopicsAreUnknown() {
    create("a", 1);
    var data = new DescribeTopicPartitionsRequestData();
    for (var name : List.of("a", "no-such", "b/ad")) {
      data.topics().add(new TopicRequest().setName(name));
    }

    var topics = partitions(data).topics();

    assertThat(topics.find("a").errorCode()).isEqualTo(Errors.NONE.code());
    assertThat(topics.find("no-such").errorCode())
        .isEqualTo(Errors.UNKNOWN_TOPIC_OR_PARTITION.code());
    assertThat(topics.find("b/ad").errorCode()).isEqualTo(Errors.INVALID_TOPIC_EXCEPTION.code());
  }

  @Test
  void shouldRefuseANegativeCursor() {
    var data = new DescribeTopicPartitionsRequestData();
    data.topics().add(new TopicRequest().setName("a"));
    data.setCursor(new Cursor().setTopicName("a").setPartitionIndex(-1));

    assertThat(partitions(data).topics().find("a").errorCode())
        .isEqualTo(Errors.INVALID_REQUEST.code());
  }

  private static InitProducerIdRequestData idempotent() {
    return new InitProducerIdRequestData().setTransactionalId(null);
  }

  private InitProducerIdResponse producer(InitProducerIdRequestData data, short version) {
    return Calls.call(
        new InitProducerIdHandler(node.producerIds()),
        new InitProducerIdRequest.Builder(data.setTransactionTimeoutMs(1000)).build(version),
        InitProducerIdResponse.class);
  }

  @ParameterizedTest
  @MethodSource("producerVersions")
  void shouldGiveAnIdempotentProducerAnIdInEveryVersion(short version) {
    var first = producer(idempotent(), version);
    var second = producer(idempotent(), version);

    assertThat(first.error()).isEqualTo(Errors.NONE);
    assertThat(first.data().producerEpoch()).isEqualTo((short) 0);
    assertThat(second.data().producerId()).isNotEqualTo(first.data().producerId());
  }

  @ParameterizedTest
  @MethodSource("producerVersions")
  void shouldRefuseTransactionsInEveryVersion(short version) {
    var response =
        producer(new InitProducerIdRequestData().setTransactionalId("transactional"), version);

    assertThat(response.error()).isEqualTo(Errors.UNSUPPORTED_VERSION);
  }

  @Test
  void shouldGiveANewIdToAProducerThatNamesItsOldOne() {
    var old = idempotent().setProducerId(7).setProducerEpoch((short) 3);
    var half = idempotent().setProducerId(7);

    assertThat(producer(old, (short) 5).error()).isEqualTo(Errors.NONE);
    assertThat(producer(half, (short) 5).error()).isEqualTo(Errors.INVALID_REQUEST);
  }
}
