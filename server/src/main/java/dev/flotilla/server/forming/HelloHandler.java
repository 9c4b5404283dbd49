package dev.flotilla.server.forming;

import com.google.protobuf.ByteString;
import dev.flotilla.proto.peer.HelloAnswer;
import dev.flotilla.proto.peer.PeerAnswer;
import dev.flotilla.proto.peer.PeerRequest;
import dev.flotilla.server.config.ClusterNodes;
import dev.flotilla.server.peer.PeerHandler;
import java.util.concurrent.CompletableFuture;

/** Tells whoever asks who this node is. */
public final class HelloHandler implements PeerHandler {

  private final Enrollment enrollment;
  private final ClusterNodes nodes;

  public HelloHandler(Enrollment enrollment, ClusterNodes nodes) {
    this.enrollment = enrollment;
    this.nodes = nodes;
  }

  @Override
  public PeerRequest.KindCase kind() {
    return PeerRequest.KindCase.HELLO;
  }

  @Override
  public CompletableFuture<PeerAnswer> handle(PeerRequest request) {
    return CompletableFuture.completedFuture(
        PeerAnswer.newBuilder().setHello(answer(enrollment, nodes)).build());
  }

  static HelloAnswer answer(Enrollment enrollment, ClusterNodes nodes) {
    var place = enrollment.place();
    var self = enrollment.self();
    return HelloAnswer.newBuilder()
        .setNodeId(self.getNodeId())
        .setPeerId(self.getPeerId())
        .setState(
            switch (place) {
              case Place.Empty empty -> HelloAnswer.State.EMPTY;
              case Place.Forming forming -> HelloAnswer.State.FORMING;
              // It has nothing yet with which another one could join.
              case Place.Joining joining -> HelloAnswer.State.FORMING;
              case Place.Rebuilding rebuilding -> HelloAnswer.State.FORMING;
              case Place.Formed formed -> HelloAnswer.State.FORMED;
            })
        .setClusterId(place.clusterId().orElse(""))
        .setNodesDigest(ByteString.copyFrom(nodes.digest()))
        .build();
  }
}
