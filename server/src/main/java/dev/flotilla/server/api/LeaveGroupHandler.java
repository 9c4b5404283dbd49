package dev.flotilla.server.api;

import dev.flotilla.server.network.Answer;
import dev.flotilla.server.network.Request;
import dev.flotilla.server.network.RequestHandler;
import java.util.concurrent.CompletableFuture;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.requests.LeaveGroupRequest;
import org.apache.kafka.common.requests.LeaveGroupResponse;
import org.apache.kafka.coordinator.group.GroupCoordinator;

/** Leaves a classic group. */
final class LeaveGroupHandler implements RequestHandler {

  private final GroupCoordinator coordinator;

  LeaveGroupHandler(GroupCoordinator coordinator) {
    this.coordinator = coordinator;
  }

  @Override
  public ApiKeys api() {
    return ApiKeys.LEAVE_GROUP;
  }

  @Override
  public CompletableFuture<Answer> handle(Request request) {
    var body = (LeaveGroupRequest) request.body();
    return coordinator
        .leaveGroup(request.context(), body.normalizedData())
        .thenApply(data -> Answer.of(new LeaveGroupResponse(data, request.context().apiVersion())));
  }
}
