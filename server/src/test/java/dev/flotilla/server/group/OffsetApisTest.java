package dev.flotilla.server.group;

import static dev.flotilla.server.group.GroupsFixture.eventually;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.message.OffsetDeleteRequestData;
import org.apache.kafka.common.message.OffsetDeleteRequestData.OffsetDeleteRequestPartition;
import org.apache.kafka.common.message.OffsetDeleteRequestData.OffsetDeleteRequestTopic;
import org.apache.kafka.common.message.OffsetDeleteRequestData.OffsetDeleteRequestTopicCollection;
import org.apache.kafka.common.message.OffsetFetchRequestData;
import org.apache.kafka.common.message.OffsetFetchRequestData.OffsetFetchRequestGroup;
import org.apache.kafka.common.message.OffsetFetchRequestData.OffsetFetchRequestTopics;
import org.apache.kafka.common.message.OffsetFetchResponseData.OffsetFetchResponseGroup;
import org.apache.kafka.common.message.OffsetFetchResponseData.OffsetFetchResponseTopics;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.requests.OffsetCommitResponse;
import org.apache.kafka.common.requests.OffsetDeleteRequest;
import org.apache.kafka.common.requests.OffsetDeleteResponse;
import org.apache.kafka.common.requests.OffsetFetchRequest;
import org.apache.kafka.common.requests.OffsetFetchResponse;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

final class OffsetApisTest {

  private static final int FIRST_COMMIT_BY_ID = 10;
  private static final int FIRST_FETCH_BY_ID = 10;
  private static final int FIRST_FETCH_OF_MANY_GROUPS = 8;

  private final GroupsFixture fixture = new GroupsFixture();
  private final GroupClient client = new GroupClient(fixture);
  private Uuid orders = Uuid.ZERO_UUID;

  @BeforeEach
  void createTopic() {
    orders = fixture.createTopic("orders", 2);
    fixture.elect(1);
    client.commit("warm", "orders", 0);
    client.commit("up", "orders", 0);
  }

  @AfterEach
  void close() {
    fixture.close();
  }

  private OffsetCommitResponse commit(
      int version, String group, String topic, Uuid id, int partition, long offset) {
    var request =
        version < FIRST_COMMIT_BY_ID
            ? GroupClient.commitOf(group, topic, Uuid.ZERO_UUID, partition, offset)
            : GroupClient.commitOf(group, topic, id, partition, offset);
    return fixture.send(request, version, OffsetCommitResponse.class);
  }

  private OffsetFetchResponse fetch(
      int version, String group, String topic, Uuid id, int partition) {
    var request =
        version < FIRST_FETCH_BY_ID
            ? GroupClient.fetchOf(group, topic, Uuid.ZERO_UUID, partition)
            : GroupClient.fetchOf(group, topic, id, partition);
    return fixture.send(request, version, OffsetFetchResponse.class);
  }

  /** The group of a response in any version: older ones do not name it. */
  private static OffsetFetchResponseGroup groupOf(OffsetFetchResponse response, String group) {
    return response.group(group);
  }

  static IntStream commitVersions() {
    return IntStream.rangeClosed(2, 10);
  }

  static IntStream fetchVersions() {
    return IntStream.rangeClosed(1, 10);
  }

  @ParameterizedTest
  @MethodSource("commitVersions")
  void shouldCommitInEveryVersion(int version) {
    OffsetCommitResponse response = commit(version, "g", "orders", orders, 1, 100 + version);

    assertThat(GroupClient.errorOf(response)).isEqualTo(Errors.NONE);
    var fetched = fetch(9, "g", "orders", orders, 1);
    assertThat(GroupClient.partitionOf(fetched).committedOffset()).isEqualTo(100 + version);
    assertThat(GroupClient.partitionOf(fetched).metadata()).isEqualTo("at " + (100 + version));
  }

  @ParameterizedTest
  @MethodSource("fetchVersions")
  void shouldFetchInEveryVersion(int version) {
    client.commit("g", "orders", 77);

    OffsetFetchResponse response = fetch(version, "g", "orders", orders, 0);

    var partition = groupOf(response, "g").topics().getFirst().partitions().getFirst();
    assertThat(Errors.forCode(partition.errorCode())).isEqualTo(Errors.NONE);
    assertThat(partition.committedOffset()).isEqualTo(77);
    assertThat(partition.metadata()).isEqualTo("at 77");
  }

  @ParameterizedTest
  @MethodSource("fetchVersions")
  void shouldFetchNoOffsetWhereNoneWasCommitted(int version) {
    OffsetFetchResponse response = fetch(version, "nobody", "orders", orders, 0);

    var partition = groupOf(response, "nobody").topics().getFirst().partitions().getFirst();
    assertThat(partition.committedOffset()).isEqualTo(-1);
  }

  @ParameterizedTest
  @ValueSource(ints = {2, 7, 8, 9, 10})
  void shouldFetchAllOffsetsOfAGroup(int version) {
    client.commit("g", "orders", 5);

    OffsetFetchResponse response =
        fixture.send(
            OffsetFetchRequest.Builder.forTopicIdsOrNames(
                new OffsetFetchRequestData()
                    .setGroups(
                        List.of(new OffsetFetchRequestGroup().setGroupId("g").setTopics(null))),
                false),
            version,
            OffsetFetchResponse.class);

    List<OffsetFetchResponseTopics> topics = groupOf(response, "g").topics();
    assertThat(topics).hasSize(1);
    assertThat(topics.getFirst().partitions().getFirst().committedOffset()).isEqualTo(5);
    if (version < FIRST_FETCH_BY_ID) {
      assertThat(topics.getFirst().name()).isEqualTo("orders");
    } else {
      assertThat(topics.getFirst().topicId()).isEqualTo(orders);
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {FIRST_FETCH_OF_MANY_GROUPS, 9, 10})
  void shouldFetchForManyGroupsAtOnce(int version) {
    List<OffsetFetchRequestGroup> groups = new ArrayList<>();
    for (String group : List.of("a", "b", "c")) {
      client.commit(group, "orders", group.charAt(0));
      groups.add(
          new OffsetFetchRequestGroup()
              .setGroupId(group)
              .setTopics(
                  List.of(
                      new OffsetFetchRequestTopics()
                          .setName("orders")
                          .setTopicId(orders)
                          .setPartitionIndexes(List.of(0)))));
    }

    OffsetFetchResponse response =
        fixture.send(
            OffsetFetchRequest.Builder.forTopicIdsOrNames(
                new OffsetFetchRequestData().setGroups(groups), false),
            version,
            OffsetFetchResponse.class);

    for (String group : List.of("a", "b", "c")) {
      var partition = groupOf(response, group).topics().getFirst().partitions().getFirst();
      assertThat(partition.committedOffset()).isEqualTo(group.charAt(0));
    }
  }

  @ParameterizedTest
  @MethodSource("commitVersions")
  void shouldRefuseACommitToATopicThatDoesNotExist(int version) {
    OffsetCommitResponse response = commit(version, "g", "nothing", Uuid.randomUuid(), 0, 1);

    assertThat(GroupClient.errorOf(response))
        .isEqualTo(
            version < FIRST_COMMIT_BY_ID
                ? Errors.UNKNOWN_TOPIC_OR_PARTITION
                : Errors.UNKNOWN_TOPIC_ID);
  }

  @ParameterizedTest
  @ValueSource(ints = {2, 9, 10})
  void shouldRefuseACommitToAPartitionThatDoesNotExist(int version) {
    OffsetCommitResponse response = commit(version, "g", "orders", orders, 2, 1);

    assertThat(GroupClient.errorOf(response)).isEqualTo(Errors.UNKNOWN_TOPIC_OR_PARTITION);
  }

  @Test
  void shouldRefuseAFetchOfATopicIdThatDoesNotExist() {
    Uuid nothing = Uuid.randomUuid();

    OffsetFetchResponse response = fetch(FIRST_FETCH_BY_ID, "g", "", nothing, 3);

    var topic = groupOf(response, "g").topics().getFirst();
    assertThat(topic.topicId()).isEqualTo(nothing);
    assertThat(Errors.forCode(topic.partitions().getFirst().errorCode()))
        .isEqualTo(Errors.UNKNOWN_TOPIC_ID);
    assertThat(topic.partitions().getFirst().partitionIndex()).isEqualTo(3);
  }

  @Test
  void shouldForgetTheOffsetsOfADeletedTopic() {
    client.commit("g", "orders", 5);

    fixture.deleteTopic(orders);

    eventually(() -> client.fetch("g", "orders"), offset -> offset == -1);
    fixture.resign(2);
    fixture.elect(3);
    assertThat(client.fetch("g", "orders")).isEqualTo(-1);
  }

  @Test
  void shouldNotGiveAnOffsetOfADeletedTopicToALaterOneOfItsName() {
    client.commit("g", "orders", 5);

    fixture.resign(2);
    fixture.deleteTopic(orders);
    Uuid later = fixture.createTopic("orders", 2);
    fixture.elect(3);

    assertThat(client.fetch("g", "orders")).isEqualTo(-1);
    assertThat(GroupClient.partitionOf(fetch(10, "g", "orders", later, 0)).committedOffset())
        .isEqualTo(-1);
  }

  @Test
  void shouldDeleteAnOffset() {
    client.commit("g", "orders", 5);
    var topics = new OffsetDeleteRequestTopicCollection();
    topics.add(
        new OffsetDeleteRequestTopic()
            .setName("orders")
            .setPartitions(
                List.of(
                    new OffsetDeleteRequestPartition().setPartitionIndex(0),
                    new OffsetDeleteRequestPartition().setPartitionIndex(9))));

    OffsetDeleteResponse response =
        fixture.send(
            new OffsetDeleteRequest.Builder(
                new OffsetDeleteRequestData().setGroupId("g").setTopics(topics)),
            OffsetDeleteResponse.class);

    var partitions = response.data().topics().find("orders").partitions();
    assertThat(Errors.forCode(partitions.find(0).errorCode())).isEqualTo(Errors.NONE);
    assertThat(Errors.forCode(partitions.find(9).errorCode()))
        .isEqualTo(Errors.UNKNOWN_TOPIC_OR_PARTITION);
    assertThat(client.fetch("g", "orders")).isEqualTo(-1);
  }
}
