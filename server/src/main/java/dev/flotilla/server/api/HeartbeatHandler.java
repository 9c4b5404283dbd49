package dev.flotilla.server.api;

import dev.flotilla.server.network.Answer;
import dev.flotilla.server.network.Request;
import dev.flotilla.server.network.RequestHandler;
import java.util.concurrent.CompletableFuture;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.requests.HeartbeatRequest;
import org.apache.kafka.common.requests.HeartbeatResponse;
import org.apache.kafka.coordinator.group.GroupCoordinator;

/** Keeps a member in a classic group. */
final class HeartbeatHandler implements RequestHandler {

  private final GroupCoordinator coordinator;

  HeartbeatHandler(GroupCoordinator coordinator) {
    this.coordinator = coordinator;
  }

  @Override
  public ApiKeys api() {
    return ApiKeys.HEARTBEAT;
  }

  @Override
  public CompletableFuture<Answer> handle(Request request) {
    var body = (HeartbeatRequest) request.body();
    return coordinator
        .heartbeat(request.context(), body.data())
        .thenApply(data -> Answer.of(new HeartbeatResponse(data)));
  }
}
