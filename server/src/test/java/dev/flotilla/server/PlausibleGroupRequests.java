package dev.flotilla.server;

import java.nio.ByteBuffer;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.apache.kafka.clients.consumer.ConsumerPartitionAssignor;
import org.apache.kafka.clients.consumer.internals.ConsumerProtocol;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.message.ConsumerGroupDescribeRequestData;
import org.apache.kafka.common.message.ConsumerGroupHeartbeatRequestData;
import org.apache.kafka.common.message.DeleteGroupsRequestData;
import org.apache.kafka.common.message.DescribeGroupsRequestData;
import org.apache.kafka.common.message.FindCoordinatorRequestData;
import org.apache.kafka.common.message.HeartbeatRequestData;
import org.apache.kafka.common.message.JoinGroupRequestData;
import org.apache.kafka.common.message.JoinGroupRequestData.JoinGroupRequestProtocol;
import org.apache.kafka.common.message.LeaveGroupRequestData;
import org.apache.kafka.common.message.LeaveGroupRequestData.MemberIdentity;
import org.apache.kafka.common.message.ListGroupsRequestData;
import org.apache.kafka.common.message.OffsetCommitRequestData;
import org.apache.kafka.common.message.OffsetCommitRequestData.OffsetCommitRequestPartition;
import org.apache.kafka.common.message.OffsetCommitRequestData.OffsetCommitRequestTopic;
import org.apache.kafka.common.message.OffsetDeleteRequestData;
import org.apache.kafka.common.message.OffsetDeleteRequestData.OffsetDeleteRequestPartition;
import org.apache.kafka.common.message.OffsetDeleteRequestData.OffsetDeleteRequestTopic;
import org.apache.kafka.common.message.OffsetFetchRequestData;
import org.apache.kafka.common.message.OffsetFetchRequestData.OffsetFetchRequestGroup;
import org.apache.kafka.common.message.OffsetFetchRequestData.OffsetFetchRequestTopic;
import org.apache.kafka.common.message.OffsetFetchRequestData.OffsetFetchRequestTopics;
import org.apache.kafka.common.message.SyncGroupRequestData;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.ApiMessage;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.utils.Utils;

/**
 * Requests about groups. {@value #COMMITTED} holds an offset and has no members; requests that only
 * a member may make are refused by it.
 *
 * @param topic a topic of one partition
 * @param topicId its id
 */
record PlausibleGroupRequests(String topic, Uuid topicId) {

  static final String COMMITTED = "committed";
  private static final String NOBODY = "nobody";

  /** Joins of later versions get a member id first. */
  private static final short FIRST_WITH_TWO_STEPS = 4;

  /** The error codes of answers that are not those of success. */
  static Optional<Set<Errors>> expected(ApiKeys api, short version) {
    return switch (api) {
      case JOIN_GROUP ->
          version < FIRST_WITH_TWO_STEPS
              ? Optional.empty()
              : Optional.of(Set.of(Errors.MEMBER_ID_REQUIRED));
      case SYNC_GROUP, HEARTBEAT -> Optional.of(Set.of(Errors.UNKNOWN_MEMBER_ID));
      case LEAVE_GROUP ->
          Optional.of(
              version < 3
                  ? Set.of(Errors.UNKNOWN_MEMBER_ID)
                  : Set.of(Errors.NONE, Errors.UNKNOWN_MEMBER_ID));
      case DESCRIBE_GROUPS ->
          version < 6 ? Optional.empty() : Optional.of(Set.of(Errors.GROUP_ID_NOT_FOUND));
      case DELETE_GROUPS, CONSUMER_GROUP_DESCRIBE -> Optional.of(Set.of(Errors.GROUP_ID_NOT_FOUND));
      default -> Optional.empty();
    };
  }

  ApiMessage of(ApiKeys api, short version) {
    return switch (api) {
      case FIND_COORDINATOR ->
          version < 4
              ? new FindCoordinatorRequestData().setKey(COMMITTED)
              : new FindCoordinatorRequestData().setCoordinatorKeys(List.of(COMMITTED));
      case JOIN_GROUP -> join("joined-v" + version);
      case SYNC_GROUP ->
          version < 5
              ? new SyncGroupRequestData().setGroupId(COMMITTED).setMemberId("m")
              : new SyncGroupRequestData()
                  .setGroupId(COMMITTED)
                  .setMemberId("m")
                  .setProtocolType("consumer")
                  .setProtocolName("range");
      case HEARTBEAT -> new HeartbeatRequestData().setGroupId(COMMITTED).setMemberId("m");
      case LEAVE_GROUP ->
          version < 3
              ? new LeaveGroupRequestData().setGroupId(COMMITTED).setMemberId("m")
              : new LeaveGroupRequestData()
                  .setGroupId(COMMITTED)
                  .setMembers(List.of(new MemberIdentity().setMemberId("m")));
      case OFFSET_COMMIT -> commit();
      case OFFSET_FETCH -> version < 8 ? fetchOfOne() : fetchOfGroups();
      case OFFSET_DELETE -> deleteOffset();
      case LIST_GROUPS -> new ListGroupsRequestData();
      case DESCRIBE_GROUPS -> new DescribeGroupsRequestData().setGroups(List.of(NOBODY));
      case DELETE_GROUPS -> new DeleteGroupsRequestData().setGroupsNames(List.of(NOBODY));
      case CONSUMER_GROUP_HEARTBEAT -> join("consumers-v" + version, Uuid.randomUuid().toString());
      case CONSUMER_GROUP_DESCRIBE ->
          new ConsumerGroupDescribeRequestData().setGroupIds(List.of(NOBODY));
      default -> throw new AssertionError("no request for " + api);
    };
  }

  private JoinGroupRequestData join(String group) {
    var data =
        new JoinGroupRequestData()
            .setGroupId(group)
            .setSessionTimeoutMs(10_000)
            .setRebalanceTimeoutMs(10_000)
            .setMemberId("")
            .setProtocolType("consumer");
    ByteBuffer subscription =
        ConsumerProtocol.serializeSubscription(
            new ConsumerPartitionAssignor.Subscription(List.of(topic)));
    data.protocols()
        .add(
            new JoinGroupRequestProtocol()
                .setName("range")
                .setMetadata(Utils.toArray(subscription)));
    return data;
  }

  private ConsumerGroupHeartbeatRequestData join(String group, String member) {
    return new ConsumerGroupHeartbeatRequestData()
        .setGroupId(group)
        .setMemberId(member)
        .setMemberEpoch(0)
        .setRebalanceTimeoutMs(10_000)
        .setSubscribedTopicNames(List.of(topic))
        .setTopicPartitions(List.of());
  }

  private OffsetCommitRequestData commit() {
    var partition = new OffsetCommitRequestPartition().setPartitionIndex(0).setCommittedOffset(0);
    return new OffsetCommitRequestData()
        .setGroupId(COMMITTED)
        .setTopics(
            List.of(
                new OffsetCommitRequestTopic()
                    .setName(topic)
                    .setTopicId(topicId)
                    .setPartitions(List.of(partition))));
  }

  private OffsetFetchRequestData fetchOfOne() {
    return new OffsetFetchRequestData()
        .setGroupId(COMMITTED)
        .setTopics(
            List.of(new OffsetFetchRequestTopic().setName(topic).setPartitionIndexes(List.of(0))));
  }

  private OffsetFetchRequestData fetchOfGroups() {
    var wanted =
        new OffsetFetchRequestTopics()
            .setName(topic)
            .setTopicId(topicId)
            .setPartitionIndexes(List.of(0));
    return new OffsetFetchRequestData()
        .setGroups(
            List.of(
                new OffsetFetchRequestGroup().setGroupId(COMMITTED).setTopics(List.of(wanted))));
  }

  private OffsetDeleteRequestData deleteOffset() {
    var data = new OffsetDeleteRequestData().setGroupId(COMMITTED);
    data.topics()
        .add(
            new OffsetDeleteRequestTopic()
                .setName(topic)
                .setPartitions(List.of(new OffsetDeleteRequestPartition().setPartitionIndex(0))));
    return data;
  }
}
