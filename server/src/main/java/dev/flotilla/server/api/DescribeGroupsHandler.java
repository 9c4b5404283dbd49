package dev.flotilla.server.api;

import dev.flotilla.server.network.Answer;
import dev.flotilla.server.network.Request;
import dev.flotilla.server.network.RequestHandler;
import java.util.concurrent.CompletableFuture;
import org.apache.kafka.common.message.DescribeGroupsResponseData;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.requests.DescribeGroupsRequest;
import org.apache.kafka.common.requests.DescribeGroupsResponse;
import org.apache.kafka.coordinator.group.GroupCoordinator;

/** Describes classic groups; any other group is described as dead. */
final class DescribeGroupsHandler implements RequestHandler {

  private final GroupCoordinator coordinator;

  DescribeGroupsHandler(GroupCoordinator coordinator) {
    this.coordinator = coordinator;
  }

  @Override
  public ApiKeys api() {
    return ApiKeys.DESCRIBE_GROUPS;
  }

  @Override
  public CompletableFuture<Answer> handle(Request request) {
    var body = (DescribeGroupsRequest) request.body();
    boolean operations = body.data().includeAuthorizedOperations();
    return coordinator
        .describeGroups(request.context(), body.data().groups())
        .thenApply(groups -> {
          for (DescribeGroupsResponseData.DescribedGroup group : groups) {
            if (operations && group.errorCode() == Errors.NONE.code()) {
              group.setAuthorizedOperations(GroupOperations.ALL);
            }
          }
          return Answer.of(
              new DescribeGroupsResponse(new DescribeGroupsResponseData().setGroups(groups)));
        });
  }
}
