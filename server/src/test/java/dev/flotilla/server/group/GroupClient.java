package dev.flotilla.server.group;

import static dev.flotilla.server.group.GroupsFixture.eventually;

import java.util.List;
import java.util.Set;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.message.OffsetCommitRequestData;
import org.apache.kafka.common.message.OffsetCommitRequestData.OffsetCommitRequestPartition;
import org.apache.kafka.common.message.OffsetCommitRequestData.OffsetCommitRequestTopic;
import org.apache.kafka.common.message.OffsetFetchRequestData;
import org.apache.kafka.common.message.OffsetFetchRequestData.OffsetFetchRequestGroup;
import org.apache.kafka.common.message.OffsetFetchRequestData.OffsetFetchRequestTopics;
import org.apache.kafka.common.message.OffsetFetchResponseData.OffsetFetchResponsePartitions;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.requests.OffsetCommitRequest;
import org.apache.kafka.common.requests.OffsetCommitResponse;
import org.apache.kafka.common.requests.OffsetFetchRequest;
import org.apache.kafka.common.requests.OffsetFetchResponse;

/** Commits and fetches offsets of groups without members, as admin tools do. */
final class GroupClient {

  static final int NAMED_COMMIT_VERSION = 9;
  static final int NAMED_FETCH_VERSION = 9;

  private static final Set<Errors> RETRIABLE =
      Set.of(
          Errors.NOT_COORDINATOR,
          Errors.COORDINATOR_NOT_AVAILABLE,
          Errors.COORDINATOR_LOAD_IN_PROGRESS);

  private final GroupsFixture fixture;

  GroupClient(GroupsFixture fixture) {
    this.fixture = fixture;
  }

  static OffsetCommitRequest.Builder commitOf(
      String group, String topic, Uuid topicId, int partition, long offset) {
    var data =
        new OffsetCommitRequestData()
            .setGroupId(group)
            .setTopics(
                List.of(
                    new OffsetCommitRequestTopic()
                        .setName(topic)
                        .setTopicId(topicId)
                        .setPartitions(
                            List.of(
                                new OffsetCommitRequestPartition()
                                    .setPartitionIndex(partition)
                                    .setCommittedOffset(offset)
                                    .setCommittedMetadata("at " + offset)))));
    return topicId.equals(Uuid.ZERO_UUID)
        ? OffsetCommitRequest.Builder.forTopicNames(data)
        : OffsetCommitRequest.Builder.forTopicIdsOrNames(data);
  }

  static OffsetFetchRequest.Builder fetchOf(
      String group, String topic, Uuid topicId, int partition) {
    var data =
        new OffsetFetchRequestData()
            .setGroups(
                List.of(
                    new OffsetFetchRequestGroup()
                        .setGroupId(group)
                        .setTopics(
                            List.of(
                                new OffsetFetchRequestTopics()
                                    .setName(topic)
                                    .setTopicId(topicId)
                                    .setPartitionIndexes(List.of(partition))))));
    return topicId.equals(Uuid.ZERO_UUID)
        ? OffsetFetchRequest.Builder.forTopicNames(data, false)
        : OffsetFetchRequest.Builder.forTopicIdsOrNames(data, false);
  }

  /** Tries once to commit an offset of partition 0 of a topic. */
  Errors tryCommit(String group, String topic, long offset) {
    var response =
        fixture.send(
            commitOf(group, topic, Uuid.ZERO_UUID, 0, offset),
            NAMED_COMMIT_VERSION,
            OffsetCommitResponse.class);
    return errorOf(response);
  }

  static Errors errorOf(OffsetCommitResponse response) {
    return Errors.forCode(response.data().topics().getFirst().partitions().getFirst().errorCode());
  }

  /** Commits an offset of partition 0 of a topic, as often as it takes. */
  void commit(String group, String topic, long offset) {
    Errors error = eventually(() -> tryCommit(group, topic, offset), e -> !RETRIABLE.contains(e));
    if (error != Errors.NONE) {
      throw new AssertionError("commit of " + offset + ": " + error);
    }
  }

  /** Fetches the offset of partition 0 of a topic, as often as it takes; -1 if there is none. */
  long fetch(String group, String topic) {
    OffsetFetchResponse response =
        eventually(
            () ->
                fixture.send(
                    fetchOf(group, topic, Uuid.ZERO_UUID, 0),
                    NAMED_FETCH_VERSION,
                    OffsetFetchResponse.class),
            r -> !RETRIABLE.contains(errorOf(r)));
    return partitionOf(response).committedOffset();
  }

  private static Errors errorOf(OffsetFetchResponse response) {
    return Errors.forCode(response.data().groups().getFirst().errorCode());
  }

  static OffsetFetchResponsePartitions partitionOf(OffsetFetchResponse response) {
    return response.data().groups().getFirst().topics().getFirst().partitions().getFirst();
  }
}
