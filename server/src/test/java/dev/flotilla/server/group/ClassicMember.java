package dev.flotilla.server.group;

import static dev.flotilla.server.group.GroupsFixture.eventually;

import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import org.apache.kafka.clients.consumer.ConsumerPartitionAssignor;
import org.apache.kafka.clients.consumer.internals.ConsumerProtocol;
import org.apache.kafka.common.message.HeartbeatRequestData;
import org.apache.kafka.common.message.JoinGroupRequestData;
import org.apache.kafka.common.message.JoinGroupRequestData.JoinGroupRequestProtocol;
import org.apache.kafka.common.message.JoinGroupRequestData.JoinGroupRequestProtocolCollection;
import org.apache.kafka.common.message.JoinGroupResponseData;
import org.apache.kafka.common.message.LeaveGroupRequestData.MemberIdentity;
import org.apache.kafka.common.message.SyncGroupRequestData;
import org.apache.kafka.common.message.SyncGroupRequestData.SyncGroupRequestAssignment;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.requests.HeartbeatRequest;
import org.apache.kafka.common.requests.HeartbeatResponse;
import org.apache.kafka.common.requests.JoinGroupRequest;
import org.apache.kafka.common.requests.JoinGroupResponse;
import org.apache.kafka.common.requests.LeaveGroupRequest;
import org.apache.kafka.common.requests.LeaveGroupResponse;
import org.apache.kafka.common.requests.SyncGroupRequest;
import org.apache.kafka.common.requests.SyncGroupResponse;
import org.apache.kafka.common.utils.Utils;

/**
 * A member of a classic group that speaks one generation of the protocol: of each request the
 * version with its number, or the newest below it.
 */
final class ClassicMember {

  static final String PROTOCOL_TYPE = "consumer";
  static final String PROTOCOL = "range";

  /** What consumers send: the coordinator reads it, and never answers a group it cannot read. */
  static final byte[] SUBSCRIPTION =
      Utils.toArray(
          ConsumerProtocol.serializeSubscription(
              new ConsumerPartitionAssignor.Subscription(List.of("orders"))));

  private static final Set<Errors> NOT_YET =
      Set.of(
          Errors.NOT_COORDINATOR,
          Errors.COORDINATOR_NOT_AVAILABLE,
          Errors.COORDINATOR_LOAD_IN_PROGRESS);

  private final GroupsFixture fixture;
  private final String group;
  private final int protocolVersion;
  private String memberId = JoinGroupRequest.UNKNOWN_MEMBER_ID;
  private int generation = JoinGroupRequest.UNKNOWN_GENERATION_ID;

  ClassicMember(GroupsFixture fixture, String group, int protocolVersion) {
    this.fixture = fixture;
    this.group = group;
    this.protocolVersion = protocolVersion;
  }

  private int version(ApiKeys api) {
    return Math.clamp(protocolVersion, api.oldestVersion(), api.latestVersion());
  }

  String memberId() {
    return memberId;
  }

  int generation() {
    return generation;
  }

  /**
   * Joins, with a member id once the coordinator asks for one; answered when the group is there.
   */
  JoinGroupResponseData join() {
    JoinGroupResponseData joined =
        eventually(() -> joinOnce(), data -> !NOT_YET.contains(Errors.forCode(data.errorCode())));
    if (joined.errorCode() == Errors.MEMBER_ID_REQUIRED.code()) {
      memberId = joined.memberId();
      joined = joinOnce();
    }
    memberId = joined.memberId();
    generation = joined.generationId();
    return joined;
  }

  private JoinGroupResponseData joinOnce() {
    var protocols = new JoinGroupRequestProtocolCollection();
    protocols.add(new JoinGroupRequestProtocol().setName(PROTOCOL).setMetadata(SUBSCRIPTION));
    var data =
        new JoinGroupRequestData()
            .setGroupId(group)
            .setMemberId(memberId)
            .setProtocolType(PROTOCOL_TYPE)
            .setProtocols(protocols)
            .setSessionTimeoutMs(30_000)
            .setRebalanceTimeoutMs(30_000);
    return fixture
        .send(
            new JoinGroupRequest.Builder(data),
            version(ApiKeys.JOIN_GROUP),
            JoinGroupResponse.class)
        .data();
  }

  /** Brings the assignment of one member, as the leader does, and gets the own one. */
  String lead(String assignedTo, String assignment) {
    return sync(List.of(
            new SyncGroupRequestAssignment()
                .setMemberId(assignedTo)
                .setAssignment(bytes(assignment))))
        .join();
  }

  private CompletableFuture<String> sync(List<SyncGroupRequestAssignment> assignments) {
    var data =
        new SyncGroupRequestData()
            .setGroupId(group)
            .setMemberId(memberId)
            .setGenerationId(generation)
            .setAssignments(assignments);
    if (version(ApiKeys.SYNC_GROUP) >= 5) {
      data.setProtocolType(PROTOCOL_TYPE).setProtocolName(PROTOCOL);
    }
    return fixture
        .ask(
            new SyncGroupRequest.Builder(data),
            version(ApiKeys.SYNC_GROUP),
            SyncGroupResponse.class)
        .thenApply(response -> {
          if (response.error() != Errors.NONE) {
            throw new AssertionError("sync: " + response.error());
          }
          return new String(response.data().assignment(), StandardCharsets.UTF_8);
        });
  }

  Errors heartbeat() {
    return fixture
        .send(
            new HeartbeatRequest.Builder(
                new HeartbeatRequestData()
                    .setGroupId(group)
                    .setMemberId(memberId)
                    .setGenerationId(generation)),
            version(ApiKeys.HEARTBEAT),
            HeartbeatResponse.class)
        .error();
  }

  Errors leave() {
    return fixture
        .send(
            new LeaveGroupRequest.Builder(
                group, List.of(new MemberIdentity().setMemberId(memberId))),
            version(ApiKeys.LEAVE_GROUP),
            LeaveGroupResponse.class)
        .error();
  }

  static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }
}
