package dev.flotilla.server.group;

import static dev.flotilla.server.group.GroupsFixture.eventually;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.apache.kafka.common.Node;
import org.apache.kafka.common.message.FindCoordinatorRequestData;
import org.apache.kafka.common.message.FindCoordinatorResponseData.Coordinator;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.requests.FindCoordinatorRequest;
import org.apache.kafka.common.requests.FindCoordinatorRequest.CoordinatorType;
import org.apache.kafka.common.requests.FindCoordinatorResponse;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class FindCoordinatorTest {

  private final GroupsFixture fixture = new GroupsFixture();

  @AfterEach
  void close() {
    fixture.close();
  }

  private List<Coordinator> find(int version, CoordinatorType type, String... keys) {
    var data = new FindCoordinatorRequestData().setKeyType(type.id());
    if (version < FindCoordinatorRequest.MIN_BATCHED_VERSION) {
      data.setKey(keys[0]);
    } else {
      data.setCoordinatorKeys(List.of(keys));
    }
    return fixture
        .send(new FindCoordinatorRequest.Builder(data), version, FindCoordinatorResponse.class)
        .coordinators();
  }

  private static Node nodeOf(Coordinator found) {
    return new Node(found.nodeId(), found.host(), found.port());
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 1, 2, 3, 4, 5, 6})
  void shouldFindTheCoordinatorOfAGroupInEveryVersion(int version) {
    Coordinator found =
        eventually(
            () -> find(version, CoordinatorType.GROUP, "g").getFirst(),
            one -> one.errorCode() != Errors.COORDINATOR_NOT_AVAILABLE.code());

    assertThat(Errors.forCode(found.errorCode())).isEqualTo(Errors.NONE);
    assertThat(nodeOf(found)).isEqualTo(GroupsFixture.thisNode());
  }

  @Test
  void shouldCreateTheOffsetsTopicOnTheFirstQuestionAndWaitForIt() {
    assertThat(fixture.topicsCreated()).isZero();

    find(6, CoordinatorType.GROUP, "g");
    eventually(fixture::image, image -> image.topics().getTopic("__consumer_offsets") != null);
    Coordinator found = find(6, CoordinatorType.GROUP, "g").getFirst();

    assertThat(Errors.forCode(found.errorCode())).isEqualTo(Errors.NONE);
    assertThat(fixture.topicsCreated()).isEqualTo(1);
    assertThat(fixture.groups().topicConfig())
        .containsEntry("cleanup.policy", "compact")
        .containsEntry("compression.type", "producer");
  }

  @Test
  void shouldFindManyCoordinatorsInOneRequest() {
    fixture.createTopic("__consumer_offsets", GroupsFixture.OFFSETS_PARTITIONS);

    List<Coordinator> found = find(4, CoordinatorType.GROUP, "a", "b", "c");

    assertThat(found).extracting(Coordinator::key).containsExactly("a", "b", "c");
    assertThat(found).allSatisfy(one -> assertThat(one.errorCode()).isZero());
  }

  @Test
  void shouldSayThatThereIsNoneYetWhileThePartitionHasNoLeader() {
    fixture.createTopicWithoutLeaders("__consumer_offsets", GroupsFixture.OFFSETS_PARTITIONS);

    Coordinator found = find(6, CoordinatorType.GROUP, "g").getFirst();

    assertThat(Errors.forCode(found.errorCode())).isEqualTo(Errors.COORDINATOR_NOT_AVAILABLE);
    assertThat(found.nodeId()).isEqualTo(Node.noNode().id());
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 3, 4, 6})
  void shouldRefuseTransactionsForGood(int version) {
    Coordinator found = find(version, CoordinatorType.TRANSACTION, "tx").getFirst();

    assertThat(Errors.forCode(found.errorCode())).isEqualTo(Errors.UNSUPPORTED_VERSION);
    assertThat(found.errorMessage()).isEqualTo("transactions are not served");
    assertThat(fixture.topicsCreated()).isZero();
  }

  @Test
  void shouldRefuseShareGroupsForGood() {
    Coordinator found = find(6, CoordinatorType.SHARE, "g:topic:0").getFirst();

    assertThat(Errors.forCode(found.errorCode())).isEqualTo(Errors.INVALID_REQUEST);
  }
}
