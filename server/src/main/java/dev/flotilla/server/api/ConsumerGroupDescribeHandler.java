package dev.flotilla.server.api;

import dev.flotilla.server.network.Answer;
import dev.flotilla.server.network.Request;
import dev.flotilla.server.network.RequestHandler;
import java.util.concurrent.CompletableFuture;
import org.apache.kafka.common.message.ConsumerGroupDescribeResponseData;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.requests.ConsumerGroupDescribeRequest;
import org.apache.kafka.common.requests.ConsumerGroupDescribeResponse;
import org.apache.kafka.coordinator.group.GroupCoordinator;

/** Describes groups of the consumer protocol (KIP-848). */
final class ConsumerGroupDescribeHandler implements RequestHandler {

  private final GroupCoordinator coordinator;

  ConsumerGroupDescribeHandler(GroupCoordinator coordinator) {
    this.coordinator = coordinator;
  }

  @Override
  public ApiKeys api() {
    return ApiKeys.CONSUMER_GROUP_DESCRIBE;
  }

  @Override
  public CompletableFuture<Answer> handle(Request request) {
    var body = (ConsumerGroupDescribeRequest) request.body();
    boolean operations = body.data().includeAuthorizedOperations();
    return coordinator
        .consumerGroupDescribe(request.context(), body.data().groupIds())
        .thenApply(groups -> {
          for (ConsumerGroupDescribeResponseData.DescribedGroup group : groups) {
            if (operations && group.errorCode() == Errors.NONE.code()) {
              group.setAuthorizedOperations(GroupOperations.ALL);
            }
          }
          return Answer.of(
              new ConsumerGroupDescribeResponse(
                  new ConsumerGroupDescribeResponseData().setGroups(groups)));
        });
  }
}
