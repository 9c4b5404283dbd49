package dev.flotilla.server.network;

import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutionException;
import org.apache.kafka.common.errors.ApiException;
import org.apache.kafka.common.errors.InvalidRequestException;
import org.apache.kafka.common.network.ClientInformation;
import org.apache.kafka.common.requests.ApiVersionsRequest;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The ordered part of one connection's requests, on a virtual thread of its own: reads a request
 * out of its frame, waits for its turn and hands it to its handler. It ends when the connection is
 * gone and its requests are handled, or at the first frame that cannot be understood.
 */
final class ConnectionDispatcher implements Runnable {

  private static final Logger log = LoggerFactory.getLogger(ConnectionDispatcher.class);

  private final Connection connection;
  private final Peer peer;
  private final ServedApis apis;
  private ClientInformation client = ClientInformation.EMPTY;

  ConnectionDispatcher(Connection connection, Peer peer, ServedApis apis) {
    this.connection = connection;
    this.peer = peer;
    this.apis = apis;
  }

  @Override
  public void run() {
    try {
      for (var next = connection.awaitNext(); next != null; next = connection.awaitNext()) {
        if (!dispatch(next)) {
          break;
        }
      }
    } catch (InterruptedException e) {
      // Nobody interrupts this thread but a handler that did so itself.
      Thread.currentThread().interrupt();
    } finally {
      connection.refuseRest();
    }
  }

  private boolean dispatch(Exchange exchange) throws InterruptedException {
    RoutedRequest routed;
    try {
      routed = apis.route(exchange.payload(), peer, client);
    } catch (InvalidRequestException e) {
      log.info("Closing the connection of {}: {}", peer.address(), e.getMessage());
      connection.answered(exchange, new Answer.Close("invalid request"));
      return false;
    }
    if (routed.request().body() instanceof ApiVersionsRequest versions && versions.isValid()) {
      var data = versions.data();
      client = new ClientInformation(data.clientSoftwareName(), data.clientSoftwareVersion());
    }
    connection.awaitTurn(exchange, routed.handler());
    if (exchange.begin(routed)) {
      handle(exchange, routed);
    }
    return true;
  }

  private void handle(Exchange exchange, RoutedRequest routed) {
    try {
      // The callback does not throw; what the handler throws is its argument.
      var _ =
          routed
              .handler()
              .handle(routed.request())
              .whenComplete((answer, failure) ->
                  connection.answered(exchange, outcome(routed.request(), answer, failure)));
    } catch (Throwable e) {
      connection.answered(exchange, answerTo(routed.request(), e));
    }
  }

  private static Answer outcome(
      Request request, @Nullable Answer answer, @Nullable Throwable failure) {
    if (failure != null) {
      return answerTo(request, failure);
    }
    return answer != null ? answer : answerTo(request, new IllegalStateException("no answer"));
  }

  private static Answer answerTo(Request request, Throwable failure) {
    var cause = causeOf(failure);
    if (!(cause instanceof ApiException)) {
      log.error("Request failed: {}", request.context(), cause);
    }
    try {
      // Null when the client waits for no response: then it learns by losing its connection.
      var response = request.body().getErrorResponse(cause);
      return response == null ? new Answer.Close("failed request") : Answer.of(response);
    } catch (RuntimeException e) {
      log.error("No error response for {}", request.context(), e);
      return new Answer.Close("failed request");
    }
  }

  private static Throwable causeOf(Throwable failure) {
    var cause = failure;
    while ((cause instanceof CompletionException || cause instanceof ExecutionException)
        && cause.getCause() != null) {
      cause = cause.getCause();
    }
    return cause;
  }
}
