package dev.flotilla.server.api;

import dev.flotilla.server.metadata.TopicConfigs;
import dev.flotilla.server.metadata.TopicCreation;
import dev.flotilla.server.network.Answer;
import dev.flotilla.server.network.Request;
import dev.flotilla.server.network.RequestHandler;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.clients.admin.ConfigEntry;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.errors.ApiException;
import org.apache.kafka.common.errors.PolicyViolationException;
import org.apache.kafka.common.internals.Topic;
import org.apache.kafka.common.message.CreateTopicsRequestData.CreatableTopic;
import org.apache.kafka.common.message.CreateTopicsResponseData;
import org.apache.kafka.common.message.CreateTopicsResponseData.CreatableTopicConfigs;
import org.apache.kafka.common.message.CreateTopicsResponseData.CreatableTopicResult;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.requests.ApiError;
import org.apache.kafka.common.requests.CreateTopicsRequest;
import org.apache.kafka.common.requests.CreateTopicsResponse;
import org.apache.kafka.metadata.KafkaConfigSchema;
import org.jspecify.annotations.Nullable;

/**
 * CreateTopics: each topic by itself. Answered when this node's image has those that were created,
 * or when the client's time is over.
 */
public final class CreateTopicsHandler implements RequestHandler {

  /** More partitions at once are refused, so that one command stays small. */
  static final int MAX_PARTITIONS_PER_REQUEST = 10_000;

  private final TopicCreation creation;
  private final TopicConfigs configs;

  public CreateTopicsHandler(TopicCreation creation, TopicConfigs configs) {
    this.creation = creation;
    this.configs = configs;
  }

  @Override
  public ApiKeys api() {
    return ApiKeys.CREATE_TOPICS;
  }

  @Override
  public CompletableFuture<Answer> handle(Request request) {
    var data = ((CreateTopicsRequest) request.body()).data();
    var results = new LinkedHashMap<String, CompletableFuture<CreatableTopicResult>>();
    var duplicates = duplicates(data.topics());
    requireFewPartitions(data.topics());
    for (var topic : data.topics()) {
      var name = topic.name();
      if (duplicates.contains(name)) {
        results.put(name, refused(name, Errors.INVALID_REQUEST, "Duplicate topic name."));
      } else if (name.equals(Topic.CLUSTER_METADATA_TOPIC_NAME)) {
        results.put(name, refused(name, Errors.TOPIC_AUTHORIZATION_FAILED, null));
      } else if (data.validateOnly()) {
        results.put(name, CompletableFuture.completedFuture(validated(topic)));
      } else {
        results.put(name, created(topic, data.timeoutMs()));
      }
    }
    var all = results.values();
    return CompletableFuture.allOf(all.toArray(CompletableFuture<?>[]::new))
        .thenApply(done -> {
          var response = new CreateTopicsResponseData();
          all.forEach(result -> response.topics().add(result.join()));
          return Answer.of(new CreateTopicsResponse(response));
        });
  }

  private static Set<String> duplicates(Iterable<CreatableTopic> topics) {
    var seen = new HashSet<String>();
    var duplicates = new HashSet<String>();
    for (var topic : topics) {
      if (!seen.add(topic.name())) {
        duplicates.add(topic.name());
      }
    }
    return duplicates;
  }

  private void requireFewPartitions(Iterable<CreatableTopic> topics) {
    var partitions = 0L;
    for (var topic : topics) {
      if (!topic.assignments().isEmpty()) {
        partitions += topic.assignments().size();
      } else {
        partitions +=
            topic.numPartitions() == -1
                ? creation.defaultPartitions()
                : Math.max(0, topic.numPartitions());
      }
    }
    if (partitions > MAX_PARTITIONS_PER_REQUEST) {
      throw new PolicyViolationException("Excessively large number of partitions per request.");
    }
  }

  private CreatableTopicResult validated(CreatableTopic topic) {
    try {
      return result(creation.validate(topic));
    } catch (ApiException e) {
      return refusal(topic.name(), ApiError.fromThrowable(e));
    }
  }

  private CompletableFuture<CreatableTopicResult> created(CreatableTopic topic, int timeoutMs) {
    return creation
        .create(topic)
        .thenApply(this::result)
        .orTimeout(Math.max(1, timeoutMs), TimeUnit.MILLISECONDS)
        .exceptionally(failure -> refusal(topic.name(), MetadataErrors.of(failure)));
  }

  private static CompletableFuture<CreatableTopicResult> refused(
      String name, Errors error, @Nullable String message) {
    return CompletableFuture.completedFuture(refusal(name, new ApiError(error, message)));
  }

  private static CreatableTopicResult refusal(String name, ApiError error) {
    return new CreatableTopicResult()
        .setName(name)
        .setTopicId(Uuid.ZERO_UUID)
        .setErrorCode(error.error().code())
        .setErrorMessage(error.messageWithFallback());
  }

  private CreatableTopicResult result(TopicCreation.Created created) {
    List<CreatableTopicConfigs> entries = new ArrayList<>();
    for (ConfigEntry entry : configs.effective(created.config()).values()) {
      entries.add(
          new CreatableTopicConfigs()
              .setName(entry.name())
              .setValue(entry.isSensitive() ? null : entry.value())
              .setReadOnly(entry.isReadOnly())
              .setConfigSource(KafkaConfigSchema.translateConfigSource(entry.source()).id())
              .setIsSensitive(entry.isSensitive()));
    }
    return new CreatableTopicResult()
        .setName(created.name())
        .setTopicId(created.id())
        .setNumPartitions(created.partitions())
        .setReplicationFactor(created.replicationFactor())
        .setConfigs(entries);
  }
}
