package dev.flotilla.server.api;

import dev.flotilla.server.metadata.Metadata;
import dev.flotilla.server.metadata.NodeSettings;
import dev.flotilla.server.metadata.TopicConfigs;
import dev.flotilla.server.network.Answer;
import dev.flotilla.server.network.Request;
import dev.flotilla.server.network.RequestHandler;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.errors.ApiException;
import org.apache.kafka.common.errors.InvalidRequestException;
import org.apache.kafka.common.errors.UnknownTopicOrPartitionException;
import org.apache.kafka.common.internals.Topic;
import org.apache.kafka.common.message.DescribeConfigsRequestData;
import org.apache.kafka.common.message.DescribeConfigsRequestData.DescribeConfigsResource;
import org.apache.kafka.common.message.DescribeConfigsResponseData;
import org.apache.kafka.common.message.DescribeConfigsResponseData.DescribeConfigsResourceResult;
import org.apache.kafka.common.message.DescribeConfigsResponseData.DescribeConfigsResult;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.requests.ApiError;
import org.apache.kafka.common.requests.DescribeConfigsRequest;
import org.apache.kafka.common.requests.DescribeConfigsResponse;
import org.jspecify.annotations.Nullable;

/** DescribeConfigs for topics, this node and groups; each resource by itself. */
public final class DescribeConfigsHandler implements RequestHandler {

  private final Metadata metadata;
  private final int nodeId;
  private final ConfigDescriptions descriptions;

  public DescribeConfigsHandler(
      Metadata metadata, int nodeId, NodeSettings node, TopicConfigs topics) {
    this.metadata = metadata;
    this.nodeId = nodeId;
    this.descriptions = new ConfigDescriptions(node, topics);
  }

  @Override
  public ApiKeys api() {
    return ApiKeys.DESCRIBE_CONFIGS;
  }

  @Override
  public CompletableFuture<Answer> handle(Request request) {
    var asked = ((DescribeConfigsRequest) request.body()).data();
    var response = new DescribeConfigsResponseData();
    for (var resource : asked.resources()) {
      response.results().add(result(resource, asked));
    }
    return CompletableFuture.completedFuture(Answer.of(new DescribeConfigsResponse(response)));
  }

  private DescribeConfigsResult result(
      DescribeConfigsResource resource, DescribeConfigsRequestData asked) {
    var result =
        new DescribeConfigsResult()
            .setResourceName(resource.resourceName())
            .setResourceType(resource.resourceType());
    try {
      var names = resource.configurationKeys();
      result.setConfigs(
          describe(resource).stream()
              .filter(entry -> names == null || names.isEmpty() || names.contains(entry.name()))
              .map(entry -> cut(entry, asked))
              .toList());
    } catch (ApiException e) {
      var error = ApiError.fromThrowable(e);
      result.setErrorCode(error.error().code()).setErrorMessage(error.messageWithFallback());
    }
    return result;
  }

  private static DescribeConfigsResourceResult cut(
      DescribeConfigsResourceResult entry, DescribeConfigsRequestData asked) {
    if (!asked.includeSynonyms()) {
      entry.setSynonyms(List.of());
    }
    return asked.includeDocumentation() ? entry : entry.setDocumentation(null);
  }

  private List<DescribeConfigsResourceResult> describe(DescribeConfigsResource resource) {
    var name = resource.resourceName();
    var type = ConfigResource.Type.forId(resource.resourceType());
    return switch (type) {
      case TOPIC -> topic(name);
      case BROKER -> node(name);
      case GROUP -> {
        if (name == null || name.isEmpty()) {
          throw new InvalidRequestException("Group name must not be empty");
        }
        yield descriptions.group();
      }
      case BROKER_LOGGER, CLIENT_METRICS, UNKNOWN ->
          throw new InvalidRequestException("Unsupported resource type: " + type);
    };
  }

  private List<DescribeConfigsResourceResult> topic(String name) {
    Topic.validate(name);
    if (!metadata.cache().contains(name)) {
      throw new UnknownTopicOrPartitionException();
    }
    var resource = new ConfigResource(ConfigResource.Type.TOPIC, name);
    return descriptions.topic(metadata.image().configs().configMapForResource(resource));
  }

  private List<DescribeConfigsResourceResult> node(@Nullable String name) {
    if (name == null || name.isEmpty()) {
      // What was changed for all nodes while they run: nothing can be.
      return List.of();
    }
    try {
      if (Integer.parseInt(name) != nodeId) {
        throw new InvalidRequestException(
            "Unexpected broker id, expected %d or empty string, but received %s"
                .formatted(nodeId, name));
      }
    } catch (NumberFormatException e) {
      throw new InvalidRequestException("Broker id must be an integer, but it is: " + name, e);
    }
    return descriptions.node();
  }
}
