package dev.flotilla.server.group;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Set;
import java.util.stream.IntStream;
import org.apache.kafka.common.message.DeleteGroupsRequestData;
import org.apache.kafka.common.message.DescribeGroupsRequestData;
import org.apache.kafka.common.message.DescribeGroupsResponseData.DescribedGroup;
import org.apache.kafka.common.message.ListGroupsRequestData;
import org.apache.kafka.common.message.ListGroupsResponseData;
import org.apache.kafka.common.message.SyncGroupRequestData;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.requests.DeleteGroupsRequest;
import org.apache.kafka.common.requests.DeleteGroupsResponse;
import org.apache.kafka.common.requests.DescribeGroupsRequest;
import org.apache.kafka.common.requests.DescribeGroupsResponse;
import org.apache.kafka.common.requests.ListGroupsRequest;
import org.apache.kafka.common.requests.ListGroupsResponse;
import org.apache.kafka.common.requests.SyncGroupRequest;
import org.apache.kafka.common.requests.SyncGroupResponse;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

final class ClassicGroupTest {

  private final GroupsFixture fixture = new GroupsFixture();

  @BeforeEach
  void lead() {
    fixture.createTopic("orders", 2);
    fixture.elect(1);
  }

  @AfterEach
  void close() {
    fixture.close();
  }

  static IntStream protocolVersions() {
    return IntStream.rangeClosed(0, 9);
  }

  private ClassicMember stableMember(String group, int version) {
    var member = new ClassicMember(fixture, group, version);
    member.join();
    member.lead(member.memberId(), "all");
    return member;
  }

  private DescribedGroup describe(int version, String group) {
    return fixture
        .send(
            new DescribeGroupsRequest.Builder(
                new DescribeGroupsRequestData()
                    .setGroups(List.of(group))
                    .setIncludeAuthorizedOperations(version >= 3)),
            version,
            DescribeGroupsResponse.class)
        .data()
        .groups()
        .getFirst();
  }

  @ParameterizedTest
  @MethodSource("protocolVersions")
  void shouldLiveAMembersLifeInEveryVersion(int version) {
    var member = new ClassicMember(fixture, "g", version);

    var joined = member.join();
    assertThat(Errors.forCode(joined.errorCode())).isEqualTo(Errors.NONE);
    assertThat(joined.leader()).isEqualTo(member.memberId());
    assertThat(joined.protocolName()).isEqualTo(ClassicMember.PROTOCOL);
    assertThat(joined.members().getFirst().metadata()).isEqualTo(ClassicMember.SUBSCRIPTION);

    assertThat(member.lead(member.memberId(), "all")).isEqualTo("all");
    assertThat(member.heartbeat()).isEqualTo(Errors.NONE);
    assertThat(member.leave()).isEqualTo(Errors.NONE);
    assertThat(member.heartbeat()).isEqualTo(Errors.UNKNOWN_MEMBER_ID);
  }

  @Test
  void shouldKeepAMemberThroughAReelection() {
    var member = stableMember("g", 9);
    int generation = member.generation();

    fixture.resign(2);
    fixture.elect(3);

    // While it loads, a coordinator answers heartbeats with no error.
    DescribedGroup described =
        GroupsFixture.eventually(
            () -> describe(6, "g"), group -> group.errorCode() == Errors.NONE.code());
    assertThat(described.groupState()).isEqualTo("Stable");
    assertThat(member.heartbeat()).isEqualTo(Errors.NONE);
    assertThat(member.generation()).isEqualTo(generation);
  }

  @Test
  void shouldRefuseASyncWithoutTheProtocolItBelongsTo() {
    var member = stableMember("g", 9);

    SyncGroupResponse response =
        fixture.send(
            new SyncGroupRequest.Builder(
                new SyncGroupRequestData()
                    .setGroupId("g")
                    .setMemberId(member.memberId())
                    .setGenerationId(member.generation())),
            5,
            SyncGroupResponse.class);

    assertThat(response.error()).isEqualTo(Errors.INCONSISTENT_GROUP_PROTOCOL);
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 1, 2, 3, 4, 5, 6})
  void shouldDescribeAGroupInEveryVersion(int version) {
    var member = stableMember("g", 9);

    DescribedGroup described = describe(version, "g");

    assertThat(Errors.forCode(described.errorCode())).isEqualTo(Errors.NONE);
    assertThat(described.groupState()).isEqualTo("Stable");
    assertThat(described.members()).hasSize(1);
    assertThat(described.members().getFirst().memberId()).isEqualTo(member.memberId());
    assertThat(described.members().getFirst().memberAssignment())
        .isEqualTo(ClassicMember.bytes("all"));
    if (version >= 3) {
      assertThat(described.authorizedOperations()).isPositive();
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 1, 2, 3, 4, 5})
  void shouldListGroupsInEveryVersion(int version) {
    stableMember("g", 9);

    List<ListGroupsResponseData.ListedGroup> listed =
        fixture
            .send(
                new ListGroupsRequest.Builder(new ListGroupsRequestData()),
                version,
                ListGroupsResponse.class)
            .data()
            .groups();

    assertThat(listed).hasSize(1);
    assertThat(listed.getFirst().groupId()).isEqualTo("g");
    assertThat(listed.getFirst().protocolType()).isEqualTo(ClassicMember.PROTOCOL_TYPE);
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 1, 2})
  void shouldDeleteAnEmptyGroupAndRefuseAnyOther(int version) {
    stableMember("busy", 9);
    stableMember("empty", 9).leave();

    DeleteGroupsResponse response =
        fixture.send(
            new DeleteGroupsRequest.Builder(
                new DeleteGroupsRequestData()
                    .setGroupsNames(List.of("busy", "empty", "empty", "nobody"))),
            version,
            DeleteGroupsResponse.class);

    assertThat(response.errors().keySet()).isEqualTo(Set.of("busy", "empty", "nobody"));
    assertThat(response.errors().get("busy")).isEqualTo(Errors.NON_EMPTY_GROUP);
    assertThat(response.errors().get("empty")).isEqualTo(Errors.NONE);
    assertThat(response.errors().get("nobody")).isEqualTo(Errors.GROUP_ID_NOT_FOUND);
  }
}
