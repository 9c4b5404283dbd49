package dev.flotilla.server.group;

import static dev.flotilla.server.group.GroupsFixture.eventually;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.message.ConsumerGroupDescribeRequestData;
import org.apache.kafka.common.message.ConsumerGroupDescribeResponseData.DescribedGroup;
import org.apache.kafka.common.message.ConsumerGroupHeartbeatRequestData;
import org.apache.kafka.common.message.ConsumerGroupHeartbeatResponseData;
import org.apache.kafka.common.message.ConsumerGroupHeartbeatResponseData.TopicPartitions;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.requests.ConsumerGroupDescribeRequest;
import org.apache.kafka.common.requests.ConsumerGroupDescribeResponse;
import org.apache.kafka.common.requests.ConsumerGroupHeartbeatRequest;
import org.apache.kafka.common.requests.ConsumerGroupHeartbeatResponse;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class ConsumerGroupTest {

  private static final int LEAVE = -1;

  private final GroupsFixture fixture = new GroupsFixture();
  private Uuid orders = Uuid.ZERO_UUID;

  @BeforeEach
  void lead() {
    orders = fixture.createTopic("orders", 3);
    fixture.elect(1);
  }

  @AfterEach
  void close() {
    fixture.close();
  }

  private ConsumerGroupHeartbeatResponseData heartbeat(
      int version, ConsumerGroupHeartbeatRequestData data) {
    return fixture
        .send(
            new ConsumerGroupHeartbeatRequest.Builder(data),
            version,
            ConsumerGroupHeartbeatResponse.class)
        .data();
  }

  /** Joins a group that nobody is in, and returns the answer with the first assignment. */
  private ConsumerGroupHeartbeatResponseData join(int version, String group, String topic) {
    String memberId = Uuid.randomUuid().toString();
    return eventually(
        () ->
            heartbeat(
                version,
                new ConsumerGroupHeartbeatRequestData()
                    .setGroupId(group)
                    .setMemberId(memberId)
                    .setMemberEpoch(0)
                    .setRebalanceTimeoutMs(60_000)
                    .setSubscribedTopicNames(List.of(topic))
                    .setTopicPartitions(List.of())),
        data ->
            data.errorCode() == Errors.NONE.code()
                && data.assignment() != null
                && !data.assignment().topicPartitions().isEmpty());
  }

  private ConsumerGroupHeartbeatResponseData goOn(
      String group, ConsumerGroupHeartbeatResponseData joined, int memberEpoch) {
    return heartbeat(
        1,
        new ConsumerGroupHeartbeatRequestData()
            .setGroupId(group)
            .setMemberId(joined.memberId())
            .setMemberEpoch(memberEpoch));
  }

  private DescribedGroup describe(int version, String group) {
    return fixture
        .send(
            new ConsumerGroupDescribeRequest.Builder(
                new ConsumerGroupDescribeRequestData()
                    .setGroupIds(List.of(group))
                    .setIncludeAuthorizedOperations(true)),
            version,
            ConsumerGroupDescribeResponse.class)
        .data()
        .groups()
        .getFirst();
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 1})
  void shouldAssignAllPartitionsToTheOnlyMemberInEveryVersion(int version) {
    ConsumerGroupHeartbeatResponseData joined = join(version, "g", "orders");

    assertThat(joined.assignment().topicPartitions())
        .containsExactly(new TopicPartitions().setTopicId(orders).setPartitions(List.of(0, 1, 2)));
    assertThat(joined.heartbeatIntervalMs()).isEqualTo(5000);
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 1})
  void shouldDescribeAGroupInEveryVersion(int version) {
    join(1, "g", "orders");

    DescribedGroup described = describe(version, "g");

    assertThat(Errors.forCode(described.errorCode())).isEqualTo(Errors.NONE);
    assertThat(described.members()).hasSize(1);
    assertThat(described.members().getFirst().subscribedTopicNames()).containsExactly("orders");
    assertThat(described.authorizedOperations()).isPositive();
  }

  @Test
  void shouldKeepAMemberAndItsEpochThroughAReelection() {
    ConsumerGroupHeartbeatResponseData joined = join(1, "g", "orders");

    fixture.resign(2);
    fixture.elect(3);

    var answer =
        eventually(
            () -> goOn("g", joined, joined.memberEpoch()),
            data ->
                data.errorCode() != Errors.NOT_COORDINATOR.code()
                    && data.errorCode() != Errors.COORDINATOR_LOAD_IN_PROGRESS.code());
    assertThat(Errors.forCode(answer.errorCode())).isEqualTo(Errors.NONE);
    assertThat(answer.memberEpoch()).isEqualTo(joined.memberEpoch());
  }

  @Test
  void shouldAssignATopicThatIsCreatedLater() {
    ConsumerGroupHeartbeatResponseData joined =
        eventually(
            () ->
                heartbeat(
                    1,
                    new ConsumerGroupHeartbeatRequestData()
                        .setGroupId("g")
                        .setMemberId("AAAAAAAAAAAAAAAAAAAAAQ")
                        .setMemberEpoch(0)
                        .setRebalanceTimeoutMs(60_000)
                        .setSubscribedTopicNames(List.of("later"))
                        .setTopicPartitions(List.of())),
            data -> data.errorCode() == Errors.NONE.code());

    Uuid later = fixture.createTopic("later", 1);

    int epoch = joined.memberEpoch();
    var assigned = eventually(() -> goOn("g", joined, epoch), data -> data.assignment() != null);
    assertThat(assigned.assignment().topicPartitions())
        .containsExactly(new TopicPartitions().setTopicId(later).setPartitions(List.of(0)));
  }

  @Test
  void shouldLetAMemberLeave() {
    ConsumerGroupHeartbeatResponseData joined = join(1, "g", "orders");

    ConsumerGroupHeartbeatResponseData left = goOn("g", joined, LEAVE);

    assertThat(Errors.forCode(left.errorCode())).isEqualTo(Errors.NONE);
    assertThat(describe(1, "g").members()).isEmpty();
  }
}
