package dev.flotilla.server.api;

import dev.flotilla.server.network.Answer;
import dev.flotilla.server.network.Request;
import dev.flotilla.server.network.RequestHandler;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.apache.kafka.common.message.DeleteGroupsResponseData;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.requests.DeleteGroupsRequest;
import org.apache.kafka.common.requests.DeleteGroupsResponse;
import org.apache.kafka.common.utils.BufferSupplier;
import org.apache.kafka.coordinator.group.GroupCoordinator;

/** Deletes empty groups and their offsets. */
final class DeleteGroupsHandler implements RequestHandler {

  private final GroupCoordinator coordinator;

  DeleteGroupsHandler(GroupCoordinator coordinator) {
    this.coordinator = coordinator;
  }

  @Override
  public ApiKeys api() {
    return ApiKeys.DELETE_GROUPS;
  }

  @Override
  public CompletableFuture<Answer> handle(Request request) {
    var body = (DeleteGroupsRequest) request.body();
    List<String> groups = body.data().groupsNames().stream().distinct().toList();
    return coordinator
        .deleteGroups(request.context(), groups, BufferSupplier.NO_CACHING)
        .thenApply(results ->
            Answer.of(
                new DeleteGroupsResponse(new DeleteGroupsResponseData().setResults(results))));
  }
}
