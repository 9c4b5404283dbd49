package dev.flotilla.server.api;

import static org.assertj.core.api.Assertions.assertThat;

import dev.flotilla.server.testing.SingleNode;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.message.CreateTopicsRequestData;
import org.apache.kafka.common.message.CreateTopicsRequestData.CreatableReplicaAssignment;
import org.apache.kafka.common.message.CreateTopicsRequestData.CreatableTopic;
import org.apache.kafka.common.message.CreateTopicsRequestData.CreatableTopicConfig;
import org.apache.kafka.common.message.CreateTopicsResponseData.CreatableTopicConfigs;
import org.apache.kafka.common.message.CreateTopicsResponseData.CreatableTopicResult;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.requests.CreateTopicsRequest;
import org.apache.kafka.common.requests.CreateTopicsResponse;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

class CreateTopicsTest {

  private static final short NEWEST = ApiKeys.CREATE_TOPICS.latestVersion();

  private final SingleNode node = new SingleNode();

  @AfterEach
  void close() {
    node.close();
  }

  static Stream<Short> versions() {
    return Calls.versions(ApiKeys.CREATE_TOPICS);
  }

  private static CreatableTopic topic(String name, int partitions, int replicas) {
    return new CreatableTopic()
        .setName(name)
        .setNumPartitions(partitions)
        .setReplicationFactor((short) replicas);
  }

  private static CreatableTopic with(CreatableTopic topic, String key, String value) {
    topic.configs().add(new CreatableTopicConfig().setName(key).setValue(value));
    return topic;
  }

  private CreateTopicsResponse create(short version, boolean validateOnly, CreatableTopic... all) {
    var data = new CreateTopicsRequestData().setTimeoutMs(10_000).setValidateOnly(validateOnly);
    for (var topic : all) {
      data.topics().mustAdd(topic);
    }
    return Calls.call(
        new CreateTopicsHandler(node.topicCreation(), node.topicConfigs()),
        new CreateTopicsRequest.Builder(data).build(version),
        CreateTopicsResponse.class);
  }

  private CreatableTopicResult create(CreatableTopic topic) {
    return create(NEWEST, false, topic).data().topics().find(topic.name());
  }

  private static Errors error(CreatableTopicResult result) {
    return Errors.forCode(result.errorCode());
  }

  @ParameterizedTest
  @MethodSource("versions")
  void shouldCreateATopicInEveryVersion(short version) {
    var response = create(version, false, with(topic("orders", 3, 1), "retention.ms", "1000"));

    assertThat(response.errorCounts()).isEqualTo(Map.of(Errors.NONE, 1));
    assertThat(node.metadata().image().topics().getTopic("orders").partitions()).hasSize(3);
    var result = response.data().topics().find("orders");
    if (version >= 5) {
      assertThat(result.numPartitions()).isEqualTo(3);
      assertThat(result.replicationFactor()).isEqualTo((short) 1);
      assertThat(result.configs())
          .filteredOn(config -> config.name().equals("retention.ms"))
          .extracting(CreatableTopicConfigs::value, CreatableTopicConfigs::configSource)
          .containsExactly(org.assertj.core.groups.Tuple.tuple("1000", (byte) 1));
    }
    if (version >= 7) {
      assertThat(result.topicId())
          .isEqualTo(node.metadata().image().topics().getTopic("orders").id());
    }
  }

  @Test
  void shouldOnlyValidateWhenAsked() {
    var response = create(NEWEST, true, topic("orders", 3, 1), topic("bad name", 1, 1));

    assertThat(error(response.data().topics().find("orders"))).isEqualTo(Errors.NONE);
    assertThat(error(response.data().topics().find("bad name")))
        .isEqualTo(Errors.INVALID_TOPIC_EXCEPTION);
    assertThat(node.metadata().image().topics().isEmpty()).isTrue();
  }

  @Test
  void shouldTakeTheNodesDefaults() {
    var result = create(topic("orders", -1, -1));

    assertThat(result.numPartitions()).isEqualTo(3);
    assertThat(result.replicationFactor()).isEqualTo((short) 1);
  }

  @ParameterizedTest
  @CsvSource({
    "a, 0, 1, INVALID_PARTITIONS",
    "a, -2, 1, INVALID_PARTITIONS",
    "a, 1, 0, INVALID_REPLICATION_FACTOR",
    "a, 1, 2, INVALID_REPLICATION_FACTOR",
    "a/b, 1, 1, INVALID_TOPIC_EXCEPTION",
    "., 1, 1, INVALID_TOPIC_EXCEPTION",
    "__cluster_metadata, 1, 1, TOPIC_AUTHORIZATION_FAILED",
    "__consumer_offsets, 7, 1, INVALID_PARTITIONS",
    "__consumer_offsets, 4, 1, NONE"
  })
  void shouldJudgeNamesAndNumbers(String name, int partitions, int replicas, Errors expected) {
    assertThat(error(create(topic(name, partitions, replicas)))).isEqualTo(expected);
  }

  @Test
  void shouldRefuseATopicThatExists() {
    create(topic("orders", 1, 1));

    assertThat(error(create(topic("orders", 1, 1)))).isEqualTo(Errors.TOPIC_ALREADY_EXISTS);
  }

  @Test
  void shouldRefuseNamesThatDifferOnlyInDotsAndUnderscores() {
    create(topic("a.b", 1, 1));

    assertThat(error(create(topic("a_b", 1, 1)))).isEqualTo(Errors.INVALID_TOPIC_EXCEPTION);
  }

  @Test
  void shouldCreateOneOfTwoThatCollideInOneRequest() {
    var response = create(NEWEST, false, topic("a.b", 1, 1), topic("a_b", 1, 1));

    assertThat(response.errorCounts())
        .isEqualTo(Map.of(Errors.NONE, 1, Errors.INVALID_TOPIC_EXCEPTION, 1));
  }

  @Test
  void shouldRefuseADuplicateNameAndCreateTheOthers() {
    var response =
        create(NEWEST, false, topic("twice", 1, 1), topic("twice", 2, 1), topic("once", 1, 1));

    assertThat(error(response.data().topics().find("twice"))).isEqualTo(Errors.INVALID_REQUEST);
    assertThat(error(response.data().topics().find("once"))).isEqualTo(Errors.NONE);
    assertThat(response.data().topics()).hasSize(2);
  }

  @ParameterizedTest
  @CsvSource({
    "retention.ms, soon, INVALID_CONFIG",
    "no.such.setting, 1, INVALID_CONFIG",
    "min.insync.replicas, 2, INVALID_CONFIG",
    "remote.storage.enable, true, INVALID_CONFIG",
    "min.compaction.lag.ms, 9223372036854775807, NONE",
    "storage.engine, floppy, INVALID_CONFIG",
    "storage.engine, lmdb, NONE",
    "cleanup.policy, compact, NONE"
  })
  void shouldValidateConfigs(String key, String value, Errors expected) {
    assertThat(error(create(with(topic("orders", 1, 1), key, value)))).isEqualTo(expected);
  }

  @Test
  void shouldTakeAManualAssignment() {
    var topic = topic("orders", -1, -1);
    topic.assignments().add(assignment(1, 1));
    topic.assignments().add(assignment(0, 1));

    assertThat(error(create(topic))).isEqualTo(Errors.NONE);
    assertThat(node.metadata().image().topics().getTopic("orders").partitions()).hasSize(2);
  }

  @Test
  void shouldRefuseAManualAssignmentThatCannotBe() {
    var unknownNode = topic("a", -1, -1);
    unknownNode.assignments().add(assignment(0, 9));
    var gap = topic("b", -1, -1);
    gap.assignments().add(assignment(1, 1));
    var twice = topic("c", -1, -1);
    twice.assignments().add(assignment(0, 1, 1));
    var counted = topic("d", 1, -1);
    counted.assignments().add(assignment(0, 1));

    var response = create(NEWEST, false, unknownNode, gap, twice, counted);

    assertThat(response.errorCounts())
        .isEqualTo(Map.of(Errors.INVALID_REPLICA_ASSIGNMENT, 3, Errors.INVALID_REQUEST, 1));
  }

  private static CreatableReplicaAssignment assignment(int partition, Integer... nodes) {
    return new CreatableReplicaAssignment()
        .setPartitionIndex(partition)
        .setBrokerIds(List.of(nodes));
  }

  @Test
  void shouldRefuseARequestForTooManyPartitions() {
    var response = create(NEWEST, false, topic("a", 9_999, 1), topic("b", 2, 1));

    assertThat(response.errorCounts()).isEqualTo(Map.of(Errors.POLICY_VIOLATION, 2));
  }

  @Test
  void shouldAnswerATopicThatWasNotCreatedWithoutAnId() {
    assertThat(create(topic("a/b", 1, 1)).topicId()).isEqualTo(Uuid.ZERO_UUID);
  }
}
