package dev.flotilla.server.api;

import dev.flotilla.server.metadata.Metadata;
import dev.flotilla.server.network.Answer;
import dev.flotilla.server.network.Request;
import dev.flotilla.server.network.RequestHandler;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import org.apache.kafka.clients.admin.EndpointType;
import org.apache.kafka.common.message.DescribeClusterResponseData;
import org.apache.kafka.common.message.DescribeClusterResponseData.DescribeClusterBroker;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.requests.DescribeClusterRequest;
import org.apache.kafka.common.requests.DescribeClusterResponse;
import org.apache.kafka.common.requests.MetadataResponse;

/** DescribeCluster: the cluster's id and its nodes as clients of this listener reach them. */
public final class DescribeClusterHandler implements RequestHandler {

  private final Metadata metadata;

  public DescribeClusterHandler(Metadata metadata) {
    this.metadata = metadata;
  }

  @Override
  public ApiKeys api() {
    return ApiKeys.DESCRIBE_CLUSTER;
  }

  @Override
  public CompletableFuture<Answer> handle(Request request) {
    var asked = (DescribeClusterRequest) request.body();
    var response =
        refusal(asked)
            .orElseGet(() -> {
              var found = new DescribeClusterResponseData();
              describe(asked, request, found);
              return found;
            });
    return CompletableFuture.completedFuture(Answer.of(new DescribeClusterResponse(response)));
  }

  /** Every node serves clients; none is a controller that clients could turn to. */
  private static Optional<DescribeClusterResponseData> refusal(DescribeClusterRequest asked) {
    var type = EndpointType.fromId(asked.data().endpointType());
    if (type == EndpointType.BROKER) {
      return Optional.empty();
    }
    var unknown = type == EndpointType.UNKNOWN;
    var error = unknown ? Errors.UNSUPPORTED_ENDPOINT_TYPE : Errors.MISMATCHED_ENDPOINT_TYPE;
    return Optional.of(
        new DescribeClusterResponseData()
            .setErrorCode((asked.version() == 0 ? Errors.INVALID_REQUEST : error).code())
            .setErrorMessage(
                unknown
                    ? "Unsupported endpoint type " + asked.data().endpointType()
                    : "The request was sent to an endpoint of type BROKER, but we wanted an"
                        + " endpoint of type "
                        + type));
  }

  private void describe(
      DescribeClusterRequest asked, Request request, DescribeClusterResponseData response) {
    var cache = metadata.cache();
    for (var node : cache.getBrokerNodes(request.context().listenerName)) {
      if (!node.isFenced() || asked.data().includeFencedBrokers()) {
        response
            .brokers()
            .add(
                new DescribeClusterBroker()
                    .setBrokerId(node.id())
                    .setHost(node.host())
                    .setPort(node.port())
                    .setRack(node.rack())
                    .setIsFenced(node.isFenced()));
      }
    }
    var controller = cache.getRandomAliveBrokerId().orElse(MetadataResponse.NO_CONTROLLER_ID);
    response
        .setClusterId(
            metadata.clusterSettings().map(settings -> settings.getClusterId()).orElse(""))
        .setControllerId(
            response.brokers().find(controller) == null
                ? MetadataResponse.NO_CONTROLLER_ID
                : controller)
        .setEndpointType(EndpointType.BROKER.id())
        .setClusterAuthorizedOperations(
            asked.data().includeClusterAuthorizedOperations()
                ? AuthorizedOperations.CLUSTER
                : AuthorizedOperations.NOT_ASKED);
  }
}
