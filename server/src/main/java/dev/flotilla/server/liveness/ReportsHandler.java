package dev.flotilla.server.liveness;

import dev.flotilla.proto.liveness.LeadershipReportsAnswer;
import dev.flotilla.proto.peer.PeerAnswer;
import dev.flotilla.proto.peer.PeerRequest;
import dev.flotilla.server.metadata.LeaderReport;
import dev.flotilla.server.peer.PeerHandler;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;

/** Takes what other nodes lead into this node's image. */
public final class ReportsHandler implements PeerHandler {

  private final Consumer<List<LeaderReport>> local;

  /**
   * A handler.
   *
   * @param local this node's image; returns at once
   */
  public ReportsHandler(Consumer<List<LeaderReport>> local) {
    this.local = local;
  }

  @Override
  public PeerRequest.KindCase kind() {
    return PeerRequest.KindCase.LEADERSHIP_REPORTS;
  }

  @Override
  public CompletableFuture<PeerAnswer> handle(PeerRequest request) {
    local.accept(
        request.getLeadershipReports().getReportsList().stream().map(LeaderReport::of).toList());
    return CompletableFuture.completedFuture(
        PeerAnswer.newBuilder()
            .setLeadershipReports(LeadershipReportsAnswer.getDefaultInstance())
            .build());
  }
}
