package dev.flotilla.server.forming;

import dev.flotilla.proto.peer.FormAnswer;
import dev.flotilla.proto.peer.PeerAnswer;
import dev.flotilla.proto.peer.PeerRefusal.Reason;
import dev.flotilla.proto.peer.PeerRequest;
import dev.flotilla.server.config.ClusterNodes;
import dev.flotilla.server.peer.PeerHandler;
import dev.flotilla.server.peer.PeerRefusedException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.concurrent.CompletableFuture;

/** Makes this node one of the first of a cluster. */
public final class FormHandler implements PeerHandler {

  private final Enrollment enrollment;
  private final ClusterNodes nodes;

  public FormHandler(Enrollment enrollment, ClusterNodes nodes) {
    this.enrollment = enrollment;
    this.nodes = nodes;
  }

  @Override
  public PeerRequest.KindCase kind() {
    return PeerRequest.KindCase.FORM;
  }

  @Override
  public CompletableFuture<PeerAnswer> handle(PeerRequest request) {
    var record = request.getForm().getRecord();
    if (!Members.addresses(record).equals(nodes)) {
      throw new PeerRefusedException(
          Reason.CONTRADICTION,
          "cluster.nodes of node %d is %s, not %s"
              .formatted(enrollment.self().getNodeId(), nodes, Members.addresses(record)));
    }
    try {
      enrollment.form(record);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return CompletableFuture.completedFuture(
        PeerAnswer.newBuilder().setForm(FormAnswer.getDefaultInstance()).build());
  }
}
