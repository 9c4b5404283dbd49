package dev.flotilla.server.api;

import dev.flotilla.server.network.Answer;
import dev.flotilla.server.network.Request;
import dev.flotilla.server.network.RequestHandler;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.function.Supplier;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.message.OffsetFetchRequestData.OffsetFetchRequestGroup;
import org.apache.kafka.common.message.OffsetFetchRequestData.OffsetFetchRequestTopics;
import org.apache.kafka.common.message.OffsetFetchResponseData.OffsetFetchResponseGroup;
import org.apache.kafka.common.message.OffsetFetchResponseData.OffsetFetchResponsePartitions;
import org.apache.kafka.common.message.OffsetFetchResponseData.OffsetFetchResponseTopics;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.requests.OffsetFetchRequest;
import org.apache.kafka.common.requests.OffsetFetchResponse;
import org.apache.kafka.common.requests.RequestContext;
import org.apache.kafka.coordinator.group.GroupCoordinator;
import org.apache.kafka.image.MetadataImage;

/** Fetches offsets that groups committed. */
final class OffsetFetchHandler implements RequestHandler {

  private static final long NO_OFFSET = -1;

  private final GroupCoordinator coordinator;
  private final Supplier<MetadataImage> images;

  OffsetFetchHandler(GroupCoordinator coordinator, Supplier<MetadataImage> images) {
    this.coordinator = coordinator;
    this.images = images;
  }

  @Override
  public ApiKeys api() {
    return ApiKeys.OFFSET_FETCH;
  }

  @Override
  public CompletableFuture<Answer> handle(Request request) {
    var body = (OffsetFetchRequest) request.body();
    var names = TopicNames.now(images);
    List<CompletableFuture<OffsetFetchResponseGroup>> groups = new ArrayList<>();
    for (OffsetFetchRequestGroup group : body.groups()) {
      groups.add(fetch(request.context(), group, body.requireStable(), names));
    }
    return CompletableFuture.allOf(groups.toArray(CompletableFuture<?>[]::new))
        .thenApply(done -> {
          List<OffsetFetchResponseGroup> fetched =
              groups.stream().map(CompletableFuture::join).toList();
          return Answer.of(
              new OffsetFetchResponse.Builder(fetched).build(request.context().apiVersion()));
        });
  }

  private CompletableFuture<OffsetFetchResponseGroup> fetch(
      RequestContext context, OffsetFetchRequestGroup group, boolean stable, TopicNames names) {
    boolean byId = OffsetFetchRequest.useTopicIds(context.apiVersion());
    CompletableFuture<OffsetFetchResponseGroup> fetched =
        OffsetFetchRequest.requestAllOffsets(group)
            ? fetchAll(context, group, stable, names, byId)
            : fetchSome(context, group, stable, names, byId);
    return fetched.exceptionally(failure ->
        OffsetFetchResponse.groupError(group, Errors.forException(failure), context.apiVersion()));
  }

  private CompletableFuture<OffsetFetchResponseGroup> fetchAll(
      RequestContext context,
      OffsetFetchRequestGroup group,
      boolean stable,
      TopicNames names,
      boolean byId) {
    return coordinator
        .fetchOffsets(context, group, stable)
        .thenApply(response -> {
          if (byId && response.errorCode() == Errors.NONE.code()) {
            response.setTopics(withIds(response.topics(), names));
          }
          return response;
        });
  }

  /** The topics that have an id now; without one a topic cannot be written in the response. */
  private static List<OffsetFetchResponseTopics> withIds(
      List<OffsetFetchResponseTopics> topics, TopicNames names) {
    List<OffsetFetchResponseTopics> identified = new ArrayList<>();
    for (OffsetFetchResponseTopics topic : topics) {
      if (topic.topicId().equals(Uuid.ZERO_UUID)) {
        topic.setTopicId(names.idOf(topic.name()));
      }
      if (!topic.topicId().equals(Uuid.ZERO_UUID)) {
        identified.add(topic);
      }
    }
    return identified;
  }

  /**
   * The coordinator gets names and ids also where the client knows names only: then it does not
   * show what was committed for an earlier topic of the same name.
   */
  private CompletableFuture<OffsetFetchResponseGroup> fetchSome(
      RequestContext context,
      OffsetFetchRequestGroup group,
      boolean stable,
      TopicNames names,
      boolean byId) {
    List<OffsetFetchRequestTopics> known = new ArrayList<>();
    List<OffsetFetchResponseTopics> unknown = new ArrayList<>();
    for (OffsetFetchRequestTopics topic : group.topics()) {
      if (byId) {
        topic.setName(names.nameOf(topic.topicId()));
      } else {
        topic.setTopicId(names.idOf(topic.name()));
      }
      if (byId && topic.name().equals(TopicNames.UNKNOWN_NAME)) {
        unknown.add(unknownId(topic));
      } else {
        known.add(topic);
      }
    }
    var fetch =
        new OffsetFetchRequestGroup()
            .setGroupId(group.groupId())
            .setMemberId(group.memberId())
            .setMemberEpoch(group.memberEpoch())
            .setTopics(known);
    return coordinator
        .fetchOffsets(context, fetch, stable)
        .thenApply(response -> {
          if (response.errorCode() == Errors.NONE.code()) {
            List<OffsetFetchResponseTopics> topics = new ArrayList<>(response.topics());
            topics.addAll(unknown);
            response.setTopics(topics);
          }
          return response;
        });
  }

  private static OffsetFetchResponseTopics unknownId(OffsetFetchRequestTopics topic) {
    var response =
        new OffsetFetchResponseTopics().setTopicId(topic.topicId()).setName(topic.name());
    for (int partition : topic.partitionIndexes()) {
      response
          .partitions()
          .add(
              new OffsetFetchResponsePartitions()
                  .setPartitionIndex(partition)
                  .setCommittedOffset(NO_OFFSET)
                  .setErrorCode(Errors.UNKNOWN_TOPIC_ID.code()));
    }
    return response;
  }
}
