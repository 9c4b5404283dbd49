package dev.flotilla.server.api;

import dev.flotilla.server.network.Answer;
import dev.flotilla.server.network.Request;
import dev.flotilla.server.network.RequestHandler;
import java.util.concurrent.CompletableFuture;
import java.util.function.Supplier;
import org.apache.kafka.common.message.OffsetDeleteRequestData;
import org.apache.kafka.common.message.OffsetDeleteRequestData.OffsetDeleteRequestPartition;
import org.apache.kafka.common.message.OffsetDeleteRequestData.OffsetDeleteRequestTopic;
import org.apache.kafka.common.message.OffsetDeleteRequestData.OffsetDeleteRequestTopicCollection;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.requests.OffsetDeleteRequest;
import org.apache.kafka.common.requests.OffsetDeleteResponse;
import org.apache.kafka.common.utils.BufferSupplier;
import org.apache.kafka.coordinator.group.GroupCoordinator;
import org.apache.kafka.image.MetadataImage;

/** Deletes offsets of a group for topics that no member subscribes to. */
final class OffsetDeleteHandler implements RequestHandler {

  private final GroupCoordinator coordinator;
  private final Supplier<MetadataImage> images;

  OffsetDeleteHandler(GroupCoordinator coordinator, Supplier<MetadataImage> images) {
    this.coordinator = coordinator;
    this.images = images;
  }

  @Override
  public ApiKeys api() {
    return ApiKeys.OFFSET_DELETE;
  }

  @Override
  public CompletableFuture<Answer> handle(Request request) {
    var body = ((OffsetDeleteRequest) request.body()).data();
    var names = TopicNames.now(images);
    var response = new OffsetDeleteResponse.Builder();
    var known = new OffsetDeleteRequestTopicCollection();
    for (OffsetDeleteRequestTopic topic : body.topics()) {
      var existing = new OffsetDeleteRequestTopic().setName(topic.name());
      for (OffsetDeleteRequestPartition partition : topic.partitions()) {
        if (names.hasPartition(topic.name(), partition.partitionIndex())) {
          existing.partitions().add(partition);
        } else {
          response.addPartition(
              topic.name(), partition.partitionIndex(), Errors.UNKNOWN_TOPIC_OR_PARTITION);
        }
      }
      if (!existing.partitions().isEmpty()) {
        known.add(existing);
      }
    }
    var deletion = new OffsetDeleteRequestData().setGroupId(body.groupId()).setTopics(known);
    return coordinator
        .deleteOffsets(request.context(), deletion, BufferSupplier.NO_CACHING)
        .thenApply(deleted -> Answer.of(response.merge(deleted).build()));
  }
}
