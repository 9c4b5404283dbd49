package dev.flotilla.server;

import dev.flotilla.proto.liveness.Heartbeat;
import dev.flotilla.proto.liveness.HeartbeatAnswer;
import dev.flotilla.proto.liveness.LeadershipReports;
import dev.flotilla.raft.Leadership;
import dev.flotilla.server.config.NodeConfig;
import dev.flotilla.server.liveness.Fencing;
import dev.flotilla.server.metadata.LeaderReport;
import dev.flotilla.server.peer.PeerAddress;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.concurrent.CompletableFuture;

/** How this node reaches the leader of the metadata, and the others, with what it has to say. */
final class ClusterLinks {

  private final NodeConfig config;
  private final NodeMetadata cluster;
  private final Fencing fencing;

  ClusterLinks(NodeConfig config, NodeMetadata cluster, Fencing fencing) {
    this.config = config;
    this.cluster = cluster;
    this.fencing = fencing;
  }

  /** See {@link dev.flotilla.server.liveness.Heartbeats.Leader}. */
  CompletableFuture<HeartbeatAnswer.State> heartbeat(Heartbeat heartbeat) {
    var leader = metadataLeader();
    if (leader.isEmpty()) {
      return CompletableFuture.failedFuture(
          new IllegalStateException("the metadata has no leader that is known here"));
    }
    if (leader.getAsInt() == config.nodeId()) {
      return fencing
          .hear(heartbeat)
          .map(CompletableFuture::completedFuture)
          .orElseGet(() ->
              CompletableFuture.failedFuture(
                  new IllegalStateException("the metadata is not led here any more")));
    }
    return address(leader.getAsInt())
        .thenCompose(peer -> cluster.peers().heartbeat(peer, heartbeat))
        .thenApply(HeartbeatAnswer::getState);
  }

  /** Sends reports to a node. */
  CompletableFuture<Void> reports(int nodeId, List<LeaderReport> reports) {
    var message = LeadershipReports.newBuilder().setNodeId(config.nodeId());
    reports.forEach(report -> message.addReports(report.message()));
    return address(nodeId).thenCompose(peer -> cluster.peers().reports(peer, message.build()));
  }

  private OptionalInt metadataLeader() {
    return switch (cluster.metadata().leadership()) {
      case Leadership.Ready ready -> OptionalInt.of(config.nodeId());
      case Leadership.Following following ->
          following.leaderNodeId().map(OptionalInt::of).orElse(OptionalInt.empty());
      case Leadership.NotReady early -> OptionalInt.empty();
      case Leadership.ReadOnly readOnly -> OptionalInt.empty();
      case Leadership.Failed failed -> OptionalInt.empty();
    };
  }

  private CompletableFuture<PeerAddress> address(int nodeId) {
    return config
        .cluster()
        .flatMap(nodes -> Optional.ofNullable(nodes.addresses().get(nodeId)))
        .map(address ->
            CompletableFuture.completedFuture(new PeerAddress(address.host(), address.port())))
        .orElseGet(() ->
            CompletableFuture.failedFuture(
                new IllegalStateException("no address of node " + nodeId + " is known")));
  }
}
