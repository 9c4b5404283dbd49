package dev.flotilla.server.api;

import dev.flotilla.server.network.Answer;
import dev.flotilla.server.network.Request;
import dev.flotilla.server.network.RequestHandler;
import java.util.concurrent.CompletableFuture;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.requests.JoinGroupRequest;
import org.apache.kafka.common.requests.JoinGroupResponse;
import org.apache.kafka.common.utils.BufferSupplier;
import org.apache.kafka.coordinator.group.GroupCoordinator;

/** Joins a classic group; answered when the group rebalances. */
final class JoinGroupHandler implements RequestHandler {

  private final GroupCoordinator coordinator;

  JoinGroupHandler(GroupCoordinator coordinator) {
    this.coordinator = coordinator;
  }

  @Override
  public ApiKeys api() {
    return ApiKeys.JOIN_GROUP;
  }

  @Override
  public CompletableFuture<Answer> handle(Request request) {
    var body = (JoinGroupRequest) request.body();
    return coordinator
        .joinGroup(request.context(), body.data(), BufferSupplier.NO_CACHING)
        .thenApply(data -> Answer.of(new JoinGroupResponse(data, request.context().apiVersion())));
  }
}
