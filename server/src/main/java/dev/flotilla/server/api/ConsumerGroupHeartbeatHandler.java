package dev.flotilla.server.api;

import dev.flotilla.server.network.Answer;
import dev.flotilla.server.network.Request;
import dev.flotilla.server.network.RequestHandler;
import java.util.concurrent.CompletableFuture;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.requests.ConsumerGroupHeartbeatRequest;
import org.apache.kafka.common.requests.ConsumerGroupHeartbeatResponse;
import org.apache.kafka.coordinator.group.GroupCoordinator;

/** Joins, keeps to, and leaves a group of the consumer protocol (KIP-848). */
final class ConsumerGroupHeartbeatHandler implements RequestHandler {

  private final GroupCoordinator coordinator;

  ConsumerGroupHeartbeatHandler(GroupCoordinator coordinator) {
    this.coordinator = coordinator;
  }

  @Override
  public ApiKeys api() {
    return ApiKeys.CONSUMER_GROUP_HEARTBEAT;
  }

  @Override
  public CompletableFuture<Answer> handle(Request request) {
    var body = (ConsumerGroupHeartbeatRequest) request.body();
    return coordinator
        .consumerGroupHeartbeat(request.context(), body.data())
        .thenApply(data -> Answer.of(new ConsumerGroupHeartbeatResponse(data)));
  }
}
