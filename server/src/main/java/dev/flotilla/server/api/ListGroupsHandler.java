package dev.flotilla.server.api;

import dev.flotilla.server.network.Answer;
import dev.flotilla.server.network.Request;
import dev.flotilla.server.network.RequestHandler;
import java.util.concurrent.CompletableFuture;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.requests.ListGroupsRequest;
import org.apache.kafka.common.requests.ListGroupsResponse;
import org.apache.kafka.coordinator.group.GroupCoordinator;

/** Lists the groups that are coordinated here. */
final class ListGroupsHandler implements RequestHandler {

  private final GroupCoordinator coordinator;

  ListGroupsHandler(GroupCoordinator coordinator) {
    this.coordinator = coordinator;
  }

  @Override
  public ApiKeys api() {
    return ApiKeys.LIST_GROUPS;
  }

  @Override
  public CompletableFuture<Answer> handle(Request request) {
    var body = (ListGroupsRequest) request.body();
    return coordinator
        .listGroups(request.context(), body.data())
        .thenApply(data -> Answer.of(new ListGroupsResponse(data)));
  }
}
