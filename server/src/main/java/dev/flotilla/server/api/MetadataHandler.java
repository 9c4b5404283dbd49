package dev.flotilla.server.api;

import dev.flotilla.server.metadata.Metadata;
import dev.flotilla.server.metadata.NodeSettings;
import dev.flotilla.server.metadata.TopicCreation;
import dev.flotilla.server.network.Answer;
import dev.flotilla.server.network.Request;
import dev.flotilla.server.network.RequestHandler;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.errors.InvalidRequestException;
import org.apache.kafka.common.errors.InvalidTopicException;
import org.apache.kafka.common.internals.Topic;
import org.apache.kafka.common.message.MetadataRequestData.MetadataRequestTopic;
import org.apache.kafka.common.message.MetadataResponseData.MetadataResponseTopic;
import org.apache.kafka.common.network.ListenerName;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.requests.MetadataRequest;
import org.apache.kafka.common.requests.MetadataResponse;
import org.jspecify.annotations.Nullable;

/**
 * Metadata: which nodes and topics there are and who leads. A topic that is named, is unknown and
 * may be created is created first, and then answered as any other.
 */
public final class MetadataHandler implements RequestHandler {

  /** From this version on, topics can be asked for by id. */
  private static final short FIRST_WITH_TOPIC_IDS = 12;

  private static final short FIRST_WITH_LISTENER_ERROR = 6;

  /** Later versions leave the cluster's operations to DescribeCluster. */
  private static final short LAST_WITH_CLUSTER_OPERATIONS = 10;

  private static final String AUTO_CREATE = "auto.create.topics.enable";

  private final Metadata metadata;
  private final TopicCreation creation;
  private final NodeSettings node;

  public MetadataHandler(Metadata metadata, TopicCreation creation, NodeSettings node) {
    this.metadata = metadata;
    this.creation = creation;
    this.node = node;
  }

  @Override
  public ApiKeys api() {
    return ApiKeys.METADATA;
  }

  @Override
  public CompletableFuture<Answer> handle(Request request) {
    var asked = (MetadataRequest) request.body();
    var listener = request.context().listenerName;
    requireAskable(asked);
    var unknownIds = new ArrayList<Uuid>();
    var names = names(asked, unknownIds);
    return createMissing(asked, names)
        .thenApply(created -> Answer.of(response(asked, listener, names, unknownIds)));
  }

  private static void requireAskable(MetadataRequest asked) {
    if (asked.isAllTopics()) {
      return;
    }
    for (var topic : asked.data().topics()) {
      var byId = !topic.topicId().equals(Uuid.ZERO_UUID);
      if (asked.version() < FIRST_WITH_TOPIC_IDS) {
        if (topic.name() == null) {
          throw new InvalidRequestException(
              "Topic name can not be null for version " + asked.version());
        }
        if (byId) {
          throw new InvalidRequestException(
              "Topic IDs are not supported in requests for version " + asked.version());
        }
      } else if (topic.name() == null && !byId) {
        throw new InvalidRequestException("Neither topic name nor id were specified.");
      }
    }
  }

  /** The names of the topics to answer. Where a request has ids, its names do not count. */
  private Set<String> names(MetadataRequest asked, List<Uuid> unknownIds) {
    var cache = metadata.cache();
    if (asked.isAllTopics()) {
      return cache.getAllTopics();
    }
    var ids = new LinkedHashSet<>(asked.topicIds());
    ids.remove(Uuid.ZERO_UUID);
    var names = new LinkedHashSet<String>();
    if (ids.isEmpty()) {
      asked.data().topics().stream().map(MetadataRequestTopic::name).forEach(names::add);
    }
    for (var id : ids) {
      cache.getTopicName(id).ifPresentOrElse(names::add, () -> unknownIds.add(id));
    }
    return names;
  }

  /** Never fails: what cannot be created is unknown, and the client asks again. */
  private CompletableFuture<?> createMissing(MetadataRequest asked, Set<String> names) {
    if (asked.isAllTopics() || !asked.allowAutoTopicCreation() || !node.isTrue(AUTO_CREATE)) {
      return CompletableFuture.completedFuture(null);
    }
    var missing =
        names.stream()
            .filter(name -> !metadata.cache().contains(name))
            .filter(name -> !Topic.isInternal(name))
            .toList();
    long partitions = (long) missing.size() * creation.defaultPartitions();
    if (partitions > CreateTopicsHandler.MAX_PARTITIONS_PER_REQUEST) {
      // Nobody who asks for topics to be created gets so many either.
      return CompletableFuture.completedFuture(null);
    }
    return CompletableFuture.allOf(
        missing.stream()
            .map(name -> creation.createByMention(name).handle((created, failure) -> created))
            .toArray(CompletableFuture<?>[]::new));
  }

  private MetadataResponse response(
      MetadataRequest asked, ListenerName listener, Set<String> names, List<Uuid> unknownIds) {
    var version = asked.version();
    var cache = metadata.cache();
    var topics = new ArrayList<MetadataResponseTopic>();
    for (var id : unknownIds) {
      topics.add(failed(Errors.UNKNOWN_TOPIC_ID, null, id));
    }
    var found =
        cache.getTopicMetadata(names, listener, version == 0, version >= FIRST_WITH_LISTENER_ERROR);
    var missing = new LinkedHashSet<>(names);
    for (var topic : found) {
      topics.add(topic);
      missing.remove(topic.name());
    }
    if (!asked.isAllTopics()) {
      missing.forEach(name -> topics.add(failed(missingError(name), name, Uuid.ZERO_UUID)));
    }
    if (asked.data().includeTopicAuthorizedOperations()) {
      topics.stream()
          .filter(topic -> topic.errorCode() != Errors.UNKNOWN_TOPIC_ID.code())
          .forEach(topic -> topic.setTopicAuthorizedOperations(AuthorizedOperations.TOPIC));
    }
    return MetadataResponse.prepareResponse(
        version,
        0,
        cache.getAliveBrokerNodes(listener),
        metadata.clusterSettings().map(settings -> settings.getClusterId()).orElse(null),
        cache.getRandomAliveBrokerId().orElse(MetadataResponse.NO_CONTROLLER_ID),
        topics,
        version <= LAST_WITH_CLUSTER_OPERATIONS && asked.data().includeClusterAuthorizedOperations()
            ? AuthorizedOperations.CLUSTER
            : AuthorizedOperations.NOT_ASKED);
  }

  private static Errors missingError(String name) {
    try {
      Topic.validate(name);
      return Errors.UNKNOWN_TOPIC_OR_PARTITION;
    } catch (InvalidTopicException e) {
      return Errors.INVALID_TOPIC_EXCEPTION;
    }
  }

  private static MetadataResponseTopic failed(Errors error, @Nullable String name, Uuid id) {
    return new MetadataResponseTopic()
        .setErrorCode(error.code())
        .setName(name)
        .setTopicId(id)
        .setIsInternal(name != null && Topic.isInternal(name))
        .setPartitions(List.of());
  }
}
