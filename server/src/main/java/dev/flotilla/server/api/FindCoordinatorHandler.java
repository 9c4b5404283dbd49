package dev.flotilla.server.api;

import dev.flotilla.server.group.CoordinatorLocator;
import dev.flotilla.server.network.Answer;
import dev.flotilla.server.network.Request;
import dev.flotilla.server.network.RequestHandler;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import org.apache.kafka.common.Node;
import org.apache.kafka.common.message.FindCoordinatorResponseData;
import org.apache.kafka.common.message.FindCoordinatorResponseData.Coordinator;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.requests.FindCoordinatorRequest;
import org.apache.kafka.common.requests.FindCoordinatorRequest.CoordinatorType;
import org.apache.kafka.common.requests.FindCoordinatorResponse;
import org.apache.kafka.common.requests.RequestContext;

/**
 * Finds coordinators of groups: one for each request, or many since version 4. Of transactions and
 * share groups there are none; that is said as an error that no client tries again.
 */
final class FindCoordinatorHandler implements RequestHandler {

  private final CoordinatorLocator locator;

  FindCoordinatorHandler(CoordinatorLocator locator) {
    this.locator = locator;
  }

  @Override
  public ApiKeys api() {
    return ApiKeys.FIND_COORDINATOR;
  }

  @Override
  public CompletableFuture<Answer> handle(Request request) {
    var context = request.context();
    var body = ((FindCoordinatorRequest) request.body()).data();
    var type = CoordinatorType.forId(body.keyType());
    if (context.apiVersion() < FindCoordinatorRequest.MIN_BATCHED_VERSION) {
      return find(context, type, body.key()).thenApply(FindCoordinatorHandler::single);
    }
    List<CompletableFuture<Coordinator>> found = new ArrayList<>();
    for (String key : body.coordinatorKeys()) {
      found.add(find(context, type, key));
    }
    return CompletableFuture.allOf(found.toArray(CompletableFuture<?>[]::new))
        .thenApply(done -> batched(found.stream().map(CompletableFuture::join).toList()));
  }

  private CompletableFuture<Coordinator> find(
      RequestContext context, CoordinatorType type, String key) {
    return switch (type) {
      case GROUP ->
          locator.locate(key, context.listenerName).thenApply(node -> coordinator(key, node));
      case TRANSACTION ->
          CompletableFuture.completedFuture(
              refused(key, Errors.UNSUPPORTED_VERSION, "transactions are not served"));
      case SHARE ->
          CompletableFuture.completedFuture(
              refused(key, Errors.INVALID_REQUEST, "share groups are not served"));
    };
  }

  private static Coordinator coordinator(String key, Optional<Node> node) {
    return node.map(found ->
            new Coordinator()
                .setKey(key)
                .setNodeId(found.id())
                .setHost(found.host())
                .setPort(found.port()))
        .orElseGet(() ->
            refused(
                key, Errors.COORDINATOR_NOT_AVAILABLE, Errors.COORDINATOR_NOT_AVAILABLE.message()));
  }

  private static Coordinator refused(String key, Errors error, String message) {
    return new Coordinator()
        .setKey(key)
        .setErrorCode(error.code())
        .setErrorMessage(message)
        .setNodeId(Node.noNode().id())
        .setHost(Node.noNode().host())
        .setPort(Node.noNode().port());
  }

  private static Answer single(Coordinator found) {
    boolean refused = found.errorCode() != Errors.NONE.code();
    return Answer.of(
        new FindCoordinatorResponse(
            new FindCoordinatorResponseData()
                .setErrorCode(found.errorCode())
                .setErrorMessage(refused ? found.errorMessage() : Errors.NONE.message())
                .setNodeId(found.nodeId())
                .setHost(found.host())
                .setPort(found.port())));
  }

  private static Answer batched(List<Coordinator> found) {
    return Answer.of(
        new FindCoordinatorResponse(new FindCoordinatorResponseData().setCoordinators(found)));
  }
}
