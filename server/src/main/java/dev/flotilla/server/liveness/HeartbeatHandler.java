package dev.flotilla.server.liveness;

import dev.flotilla.proto.liveness.HeartbeatAnswer;
import dev.flotilla.proto.peer.PeerAnswer;
import dev.flotilla.proto.peer.PeerRefusal.Reason;
import dev.flotilla.proto.peer.PeerRequest;
import dev.flotilla.server.peer.PeerHandler;
import dev.flotilla.server.peer.PeerRefusedException;
import java.util.concurrent.CompletableFuture;

/** Hears heartbeats, where the metadata is led. */
public final class HeartbeatHandler implements PeerHandler {

  private final Fencing fencing;

  public HeartbeatHandler(Fencing fencing) {
    this.fencing = fencing;
  }

  @Override
  public PeerRequest.KindCase kind() {
    return PeerRequest.KindCase.HEARTBEAT;
  }

  @Override
  public CompletableFuture<PeerAnswer> handle(PeerRequest request) {
    var state =
        fencing
            .hear(request.getHeartbeat())
            .orElseThrow(() ->
                new PeerRefusedException(
                    Reason.NOT_LEADER, "heartbeats go to the leader of the metadata"));
    return CompletableFuture.completedFuture(
        PeerAnswer.newBuilder().setHeartbeat(HeartbeatAnswer.newBuilder().setState(state)).build());
  }
}
