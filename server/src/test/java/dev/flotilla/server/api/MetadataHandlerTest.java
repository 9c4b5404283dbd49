package dev.flotilla.server.api;

import static dev.flotilla.server.testing.SingleNode.await;
import static org.assertj.core.api.Assertions.assertThat;

import dev.flotilla.server.testing.InMemoryCommandLog;
import dev.flotilla.server.testing.SingleNode;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.message.CreateTopicsRequestData.CreatableTopic;
import org.apache.kafka.common.message.MetadataRequestData;
import org.apache.kafka.common.message.MetadataRequestData.MetadataRequestTopic;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.requests.MetadataRequest;
import org.apache.kafka.common.requests.MetadataResponse;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class MetadataHandlerTest {

  private static final short NEWEST = ApiKeys.METADATA.latestVersion();

  private final SingleNode node =
      new SingleNode(new InMemoryCommandLog.Stored(), Map.of("auto.create.topics.enable", "true"));

  private Uuid id = Uuid.ZERO_UUID;

  @BeforeEach
  void createTopic() {
    id =
        await(
                node.topicCreation()
                    .create(
                        new CreatableTopic()
                            .setName("orders")
                            .setNumPartitions(2)
                            .setReplicationFactor((short) 1)))
            .id();
  }

  @AfterEach
  void close() {
    node.close();
  }

  static Stream<Short> versions() {
    return Calls.versions(ApiKeys.METADATA);
  }

  private MetadataResponse ask(MetadataRequestData data, short version) {
    return Calls.call(
        new MetadataHandler(node.metadata(), node.topicCreation(), node.settings()),
        new MetadataRequest(data, version),
        MetadataResponse.class);
  }

  private static MetadataRequestData named(String... names) {
    var data = new MetadataRequestData();
    for (var name : names) {
      data.topics().add(new MetadataRequestTopic().setName(name));
    }
    return data;
  }

  @ParameterizedTest
  @MethodSource("versions")
  void shouldDescribeATopicInEveryVersion(short version) {
    var response = ask(named("orders"), version);

    assertThat(response.errors()).isEmpty();
    var topic = response.topicMetadata().iterator().next();
    assertThat(topic.topic()).isEqualTo("orders");
    assertThat(topic.partitionMetadata())
        .hasSize(2)
        .allSatisfy(partition -> {
          assertThat(partition.error).isEqualTo(Errors.NONE);
          assertThat(partition.leaderId).contains(SingleNode.NODE_ID);
          assertThat(partition.replicaIds).containsExactly(SingleNode.NODE_ID);
        });
    assertThat(response.brokers()).hasSize(1);
    if (version >= 1) {
      assertThat(response.controller().id()).isEqualTo(SingleNode.NODE_ID);
    }
    if (version >= 2) {
      assertThat(response.clusterId()).isEqualTo(SingleNode.CLUSTER_ID);
    }
    if (version >= 10) {
      assertThat(topic.topicId()).isEqualTo(id);
    }
  }

  @ParameterizedTest
  @MethodSource("versions")
  void shouldDescribeAllTopicsInEveryVersion(short version) {
    var data = new MetadataRequestData();
    // The oldest version says "all" by naming none.
    data.setTopics(version == 0 ? List.of() : null);

    var response = ask(data, version);

    assertThat(response.topicMetadata()).hasSize(1);
  }

  @Test
  void shouldDescribeNoTopicsWhenNoneIsNamed() {
    assertThat(ask(named(), NEWEST).topicMetadata()).isEmpty();
  }

  @Test
  void shouldFindTopicsById() {
    var unknown = Uuid.randomUuid();
    var data = new MetadataRequestData();
    data.topics().add(new MetadataRequestTopic().setName(null).setTopicId(id));
    data.topics().add(new MetadataRequestTopic().setName(null).setTopicId(unknown));

    var response = ask(data, NEWEST);

    assertThat(response.errorsByTopicId()).isEqualTo(Map.of(unknown, Errors.UNKNOWN_TOPIC_ID));
    assertThat(response.topicMetadata())
        .filteredOn(topic -> topic.topicId().equals(id))
        .extracting(MetadataResponse.TopicMetadata::topic)
        .containsExactly("orders");
  }

  @Test
  void shouldCreateATopicThatIsMentioned() {
    var response = ask(named("new"), NEWEST);

    assertThat(response.errors()).isEmpty();
    var topic = response.topicMetadata().iterator().next();
    assertThat(topic.partitionMetadata())
        .hasSize(3)
        .allSatisfy(partition -> assertThat(partition.error).isEqualTo(Errors.NONE));
  }

  @Test
  void shouldNotCreateMoreThanMayBeCreatedAtOnce() {
    var most = 10_000 / node.topicCreation().defaultPartitions();
    var names = IntStream.rangeClosed(0, most).mapToObj(i -> "new-" + i).toArray(String[]::new);

    var response = ask(named(names), NEWEST);

    assertThat(response.errors())
        .hasSize(names.length)
        .allSatisfy(
            (name, error) -> assertThat(error).isEqualTo(Errors.UNKNOWN_TOPIC_OR_PARTITION));
    assertThat(node.metadata().image().topics().topicsByName()).containsOnlyKeys("orders");
  }

  @Test
  void shouldNotCreateATopicWhenTheClientForbidsIt() {
    var response = ask(named("new").setAllowAutoTopicCreation(false), NEWEST);

    assertThat(response.errors()).isEqualTo(Map.of("new", Errors.UNKNOWN_TOPIC_OR_PARTITION));
  }

  @Test
  void shouldNotCreateATopicWhenTheNodeForbidsIt() {
    try (var strict =
        new SingleNode(
            new InMemoryCommandLog.Stored(), Map.of("auto.create.topics.enable", "false"))) {
      var response =
          Calls.call(
              new MetadataHandler(strict.metadata(), strict.topicCreation(), strict.settings()),
              new MetadataRequest(named("new"), NEWEST),
              MetadataResponse.class);

      assertThat(response.errors()).isEqualTo(Map.of("new", Errors.UNKNOWN_TOPIC_OR_PARTITION));
    }
  }

  @Test
  void shouldRefuseAnInvalidName() {
    assertThat(ask(named("a/b"), NEWEST).errors())
        .isEqualTo(Map.of("a/b", Errors.INVALID_TOPIC_EXCEPTION));
  }

  @Test
  void shouldMarkInternalTopics() {
    await(
        node.topicCreation()
            .ensureInternalTopic(
                "__consumer_offsets",
                SingleNode.OFFSETS_PARTITIONS,
                Map.of("cleanup.policy", "compact")));

    var topic = ask(named("__consumer_offsets"), NEWEST).topicMetadata().iterator().next();
    assertThat(topic.isInternal()).isTrue();
    assertThat(topic.partitionMetadata()).hasSize(SingleNode.OFFSETS_PARTITIONS);
  }

  @Test
  void shouldCreateAnInternalTopicOnceForManyWhoNeedIt() {
    var creation = node.topicCreation();
    var ids =
        Stream.generate(() -> creation.ensureInternalTopic("__consumer_offsets", 4, Map.of()))
            .limit(8)
            .toList();

    assertThat(ids.stream().map(SingleNode::await).distinct()).hasSize(1);
  }

  @Test
  void shouldTellOperationsOnlyToThoseWhoAsk() {
    var asked = named("orders").setIncludeTopicAuthorizedOperations(true);
    asked.setIncludeClusterAuthorizedOperations(true);
    var version = (short) 10;

    var told = ask(asked, version);
    var silent = ask(named("orders"), version);

    assertThat(told.clusterAuthorizedOperations()).isEqualTo(AuthorizedOperations.CLUSTER);
    assertThat(told.topicMetadata().iterator().next().authorizedOperations())
        .isEqualTo(AuthorizedOperations.TOPIC);
    assertThat(silent.clusterAuthorizedOperations()).isEqualTo(Integer.MIN_VALUE);
    assertThat(silent.topicMetadata().iterator().next().authorizedOperations())
        .isEqualTo(Integer.MIN_VALUE);
  }

  @Test
  void shouldRefuseIdsWhereTheVersionHasNone() {
    var data = new MetadataRequestData();
    data.topics().add(new MetadataRequestTopic().setName("orders").setTopicId(id));

    var response = ask(data, (short) 10);

    assertThat(response.errorCounts()).containsKey(Errors.INVALID_REQUEST);
  }

  @Test
  void shouldShowAPartitionWithoutALeader() {
    node.metadata()
        .report(new org.apache.kafka.common.TopicIdPartition(id, 0, "orders"), 9, -1, List.of());
    await(node.metadata().when(image -> image.topics().getPartition(id, 0).leader == -1));

    var topic = ask(named("orders"), NEWEST).topicMetadata().iterator().next();
    assertThat(topic.partitionMetadata())
        .filteredOn(partition -> partition.partition() == 0)
        .allSatisfy(partition -> {
          assertThat(partition.error).isEqualTo(Errors.LEADER_NOT_AVAILABLE);
          assertThat(partition.leaderEpoch).contains(9);
        });
    assertThat(Set.copyOf(topic.partitionMetadata())).hasSize(2);
  }
}
