package dev.flotilla.server.api;

import dev.flotilla.server.network.Answer;
import dev.flotilla.server.network.Request;
import dev.flotilla.server.network.RequestHandler;
import java.util.concurrent.CompletableFuture;
import org.apache.kafka.common.errors.InconsistentGroupProtocolException;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.requests.SyncGroupRequest;
import org.apache.kafka.common.requests.SyncGroupResponse;
import org.apache.kafka.common.utils.BufferSupplier;
import org.apache.kafka.coordinator.group.GroupCoordinator;

/** Fetches a member's assignment in a classic group, and brings all of them if it is the leader. */
final class SyncGroupHandler implements RequestHandler {

  private final GroupCoordinator coordinator;

  SyncGroupHandler(GroupCoordinator coordinator) {
    this.coordinator = coordinator;
  }

  @Override
  public ApiKeys api() {
    return ApiKeys.SYNC_GROUP;
  }

  @Override
  public CompletableFuture<Answer> handle(Request request) {
    var body = (SyncGroupRequest) request.body();
    if (!body.areMandatoryProtocolTypeAndNamePresent()) {
      throw new InconsistentGroupProtocolException("protocol type and name are mandatory");
    }
    return coordinator
        .syncGroup(request.context(), body.data(), BufferSupplier.NO_CACHING)
        .thenApply(data -> Answer.of(new SyncGroupResponse(data)));
  }
}
