package dev.flotilla.server.api;

import dev.flotilla.server.metadata.Metadata;
import dev.flotilla.server.metadata.NodeSettings;
import dev.flotilla.server.metadata.TopicDeletion;
import dev.flotilla.server.network.Answer;
import dev.flotilla.server.network.Request;
import dev.flotilla.server.network.RequestHandler;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.errors.InvalidRequestException;
import org.apache.kafka.common.errors.TopicDeletionDisabledException;
import org.apache.kafka.common.message.DeleteTopicsResponseData;
import org.apache.kafka.common.message.DeleteTopicsResponseData.DeletableTopicResult;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.requests.ApiError;
import org.apache.kafka.common.requests.DeleteTopicsRequest;
import org.apache.kafka.common.requests.DeleteTopicsResponse;
import org.jspecify.annotations.Nullable;

/**
 * DeleteTopics, by name or by id. Answered when this node's image no longer has the topics, or when
 * the client's time is over; their replicas go afterwards.
 */
public final class DeleteTopicsHandler implements RequestHandler {

  private static final String DELETE_ENABLE = "delete.topic.enable";
  private static final short FIRST_WITH_DISABLED_ERROR = 3;

  private final Metadata metadata;
  private final TopicDeletion deletion;
  private final NodeSettings node;

  public DeleteTopicsHandler(Metadata metadata, TopicDeletion deletion, NodeSettings node) {
    this.metadata = metadata;
    this.deletion = deletion;
    this.node = node;
  }

  @Override
  public ApiKeys api() {
    return ApiKeys.DELETE_TOPICS;
  }

  /** What a request names: what can be deleted, and the results of what cannot. */
  private static final class Named {
    final List<DeletableTopicResult> refused = new ArrayList<>();
    final Set<String> names = new LinkedHashSet<>();
    final Set<String> repeatedNames = new LinkedHashSet<>();
    final Set<Uuid> ids = new LinkedHashSet<>();
    final Set<Uuid> repeatedIds = new LinkedHashSet<>();

    void name(String name) {
      if (!names.add(name)) {
        repeatedNames.add(name);
      }
    }

    void id(Uuid id) {
      if (!ids.add(id)) {
        repeatedIds.add(id);
      }
    }

    void refuse(@Nullable String name, Uuid id, ApiError error) {
      refused.add(result(name, id, error));
    }
  }

  @Override
  public CompletableFuture<Answer> handle(Request request) {
    var asked = (DeleteTopicsRequest) request.body();
    if (!node.isTrue(DELETE_ENABLE)) {
      if (asked.version() < FIRST_WITH_DISABLED_ERROR) {
        throw new InvalidRequestException("This version does not support topic deletion.");
      }
      throw new TopicDeletionDisabledException();
    }
    var named = named(asked);
    var deletions = new ArrayList<CompletableFuture<DeletableTopicResult>>();
    resolve(named).forEach((id, name) -> deletions.add(delete(name, id, asked.data().timeoutMs())));
    return CompletableFuture.allOf(deletions.toArray(CompletableFuture<?>[]::new))
        .thenApply(done -> {
          var response = new DeleteTopicsResponseData();
          named.refused.forEach(response.responses()::add);
          deletions.forEach(result -> response.responses().add(result.join()));
          return Answer.of(new DeleteTopicsResponse(response));
        });
  }

  private static Named named(DeleteTopicsRequest asked) {
    var named = new Named();
    asked.data().topicNames().forEach(named::name);
    for (var topic : asked.data().topics()) {
      var byId = !topic.topicId().equals(Uuid.ZERO_UUID);
      if (topic.name() == null && byId) {
        named.id(topic.topicId());
      } else if (topic.name() != null && !byId) {
        named.name(topic.name());
      } else {
        named.refuse(
            topic.name(),
            topic.topicId(),
            new ApiError(
                Errors.INVALID_REQUEST,
                byId
                    ? "You may not specify both topic name and topic id."
                    : "Neither topic name nor id were specified."));
      }
    }
    named.names.removeAll(named.repeatedNames);
    named.ids.removeAll(named.repeatedIds);
    for (var name : named.repeatedNames) {
      named.refuse(
          name, Uuid.ZERO_UUID, new ApiError(Errors.INVALID_REQUEST, "Duplicate topic name."));
    }
    for (var id : named.repeatedIds) {
      named.refuse(null, id, new ApiError(Errors.INVALID_REQUEST, "Duplicate topic id."));
    }
    return named;
  }

  /** The topics to delete, by id. A topic that is named twice, by name and by id, is not. */
  private Map<Uuid, String> resolve(Named named) {
    var cache = metadata.cache();
    var topics = new LinkedHashMap<Uuid, String>();
    for (var id : named.ids) {
      cache
          .getTopicName(id)
          .ifPresentOrElse(
              name -> topics.put(id, name),
              () -> named.refuse(null, id, new ApiError(Errors.UNKNOWN_TOPIC_ID)));
    }
    for (var name : named.names) {
      var id = cache.getTopicId(name);
      if (id.equals(Uuid.ZERO_UUID)) {
        named.refuse(name, id, new ApiError(Errors.UNKNOWN_TOPIC_OR_PARTITION));
      } else if (named.repeatedIds.contains(id) || topics.remove(id) != null) {
        named.refuse(
            name,
            id,
            new ApiError(
                Errors.INVALID_REQUEST,
                "The provided topic name maps to an ID that was already supplied."));
      } else {
        topics.put(id, name);
      }
    }
    return topics;
  }

  private CompletableFuture<DeletableTopicResult> delete(String name, Uuid id, int timeoutMs) {
    return deletion
        .delete(id)
        .thenApply(done -> result(name, id, ApiError.NONE))
        .orTimeout(Math.max(1, timeoutMs), TimeUnit.MILLISECONDS)
        .exceptionally(failure -> result(name, id, MetadataErrors.of(failure)));
  }

  private static DeletableTopicResult result(@Nullable String name, Uuid id, ApiError error) {
    return new DeletableTopicResult()
        .setName(name)
        .setTopicId(id)
        .setErrorCode(error.error().code())
        .setErrorMessage(error.isSuccess() ? null : error.messageWithFallback());
  }
}
