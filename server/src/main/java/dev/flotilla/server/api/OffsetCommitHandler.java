package dev.flotilla.server.api;

import dev.flotilla.server.network.Answer;
import dev.flotilla.server.network.Request;
import dev.flotilla.server.network.RequestHandler;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.function.Supplier;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.message.OffsetCommitRequestData;
import org.apache.kafka.common.message.OffsetCommitRequestData.OffsetCommitRequestPartition;
import org.apache.kafka.common.message.OffsetCommitRequestData.OffsetCommitRequestTopic;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.requests.OffsetCommitRequest;
import org.apache.kafka.common.requests.OffsetCommitResponse;
import org.apache.kafka.common.utils.BufferSupplier;
import org.apache.kafka.coordinator.group.GroupCoordinator;
import org.apache.kafka.image.MetadataImage;

/**
 * Commits offsets of a group. The coordinator gets the topics and partitions that exist, with name
 * and id; the others are answered here.
 */
final class OffsetCommitHandler implements RequestHandler {

  private final GroupCoordinator coordinator;
  private final Supplier<MetadataImage> images;

  OffsetCommitHandler(GroupCoordinator coordinator, Supplier<MetadataImage> images) {
    this.coordinator = coordinator;
    this.images = images;
  }

  @Override
  public ApiKeys api() {
    return ApiKeys.OFFSET_COMMIT;
  }

  @Override
  public CompletableFuture<Answer> handle(Request request) {
    var body = ((OffsetCommitRequest) request.body()).data();
    boolean byId = OffsetCommitResponse.useTopicIds(request.context().apiVersion());
    var names = TopicNames.now(images);
    var response = OffsetCommitResponse.newBuilder(byId);
    List<OffsetCommitRequestTopic> known = new ArrayList<>();
    for (OffsetCommitRequestTopic topic : body.topics()) {
      if (byId) {
        topic.setName(names.nameOf(topic.topicId()));
      } else {
        topic.setTopicId(names.idOf(topic.name()));
      }
      if (byId && topic.name().equals(TopicNames.UNKNOWN_NAME)) {
        refuse(response, topic, Errors.UNKNOWN_TOPIC_ID);
      } else if (topic.topicId().equals(Uuid.ZERO_UUID)) {
        refuse(response, topic, Errors.UNKNOWN_TOPIC_OR_PARTITION);
      } else {
        var existing = existing(topic, names, response);
        if (!existing.partitions().isEmpty()) {
          known.add(existing);
        }
      }
    }
    if (known.isEmpty()) {
      return CompletableFuture.completedFuture(Answer.of(response.build()));
    }
    var commit =
        new OffsetCommitRequestData()
            .setGroupId(body.groupId())
            .setMemberId(body.memberId())
            .setGenerationIdOrMemberEpoch(body.generationIdOrMemberEpoch())
            .setRetentionTimeMs(body.retentionTimeMs())
            .setGroupInstanceId(body.groupInstanceId())
            .setTopics(known);
    return coordinator
        .commitOffsets(request.context(), commit, BufferSupplier.NO_CACHING)
        .thenApply(committed -> Answer.of(response.merge(committed).build()));
  }

  private static void refuse(
      OffsetCommitResponse.Builder response, OffsetCommitRequestTopic topic, Errors error) {
    response.addPartitions(
        topic.topicId(),
        topic.name(),
        topic.partitions(),
        OffsetCommitRequestPartition::partitionIndex,
        error);
  }

  /** The partitions of a topic that exist; the others go into the response. */
  private static OffsetCommitRequestTopic existing(
      OffsetCommitRequestTopic topic, TopicNames names, OffsetCommitResponse.Builder response) {
    var existing = new OffsetCommitRequestTopic().setTopicId(topic.topicId()).setName(topic.name());
    for (OffsetCommitRequestPartition partition : topic.partitions()) {
      int index = partition.partitionIndex();
      if (names.hasPartition(topic.name(), index)) {
        existing.partitions().add(partition);
      } else {
        response.addPartition(
            topic.topicId(), topic.name(), index, Errors.UNKNOWN_TOPIC_OR_PARTITION);
      }
    }
    return existing;
  }
}
