package dev.flotilla.server;

import static dev.flotilla.proto.peer.MetadataRebuild.Step.JOINING;

import com.codahale.metrics.MetricRegistry;
import dev.flotilla.proto.metadata.ClusterSettings;
import dev.flotilla.proto.peer.PeerRefusal.Reason;
import dev.flotilla.raft.Voter;
import dev.flotilla.server.config.ClusterNodes;
import dev.flotilla.server.config.NodeConfig;
import dev.flotilla.server.forming.Discovery;
import dev.flotilla.server.forming.Enrollment;
import dev.flotilla.server.forming.Failpoints;
import dev.flotilla.server.forming.Failpoints.Step;
import dev.flotilla.server.forming.FormDelivery;
import dev.flotilla.server.forming.FormHandler;
import dev.flotilla.server.forming.Greetings;
import dev.flotilla.server.forming.HelloHandler;
import dev.flotilla.server.forming.JoinHandler;
import dev.flotilla.server.forming.LeaveHandler;
import dev.flotilla.server.forming.Petition;
import dev.flotilla.server.forming.Place;
import dev.flotilla.server.forming.RefusedStartException;
import dev.flotilla.server.forming.WaitingLine;
import dev.flotilla.server.metadata.Formation;
import dev.flotilla.server.metadata.LeaderCalls;
import dev.flotilla.server.metadata.Metadata;
import dev.flotilla.server.metadata.MetadataGroup;
import dev.flotilla.server.metadata.SubmitCommandHandler;
import dev.flotilla.server.peer.PeerAddress;
import dev.flotilla.server.peer.PeerRefusedException;
import dev.flotilla.server.peer.PeerRequests;
import dev.flotilla.server.peer.Peers;
import java.io.IOException;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;
import java.util.function.Function;
import org.apache.kafka.common.Uuid;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Starts the metadata of a node of several: finds its place among the others, takes part in the
 * metadata group, and waits until it knows what the cluster knows. It waits for other nodes as long
 * as it takes, and says for whom.
 */
final class ClusterMetadata {

  private static final Logger LOG = LoggerFactory.getLogger(ClusterMetadata.class);

  /** Of fewer nodes, those that are left when one is taken away are no majority. */
  private static final int REBUILDS_FROM = 3;

  private final NodeConfig config;
  private final ClusterNodes nodes;
  private final Closing closing;
  private final Failpoints failpoints;
  private final Enrollment enrollment;
  private final Greetings greetings;
  private final MetadataGroup group;
  private final Peers peers;
  private final PeerRequests requests;
  private final WaitingLine line;

  private ClusterMetadata(
      NodeConfig config,
      DataDirectory directory,
      MetricRegistry registry,
      Closing closing,
      Consumer<String> lines,
      Failpoints failpoints)
      throws IOException {
    this.config = config;
    this.nodes = config.cluster().orElseThrow();
    this.closing = closing;
    this.failpoints = failpoints;
    this.enrollment = Enrollment.open(directory, failpoints);
    this.requests = new PeerRequests(enrollment::sender);
    requests.serve(
        List.of(new HelloHandler(enrollment, nodes), new FormHandler(enrollment, nodes)));
    this.group = NodeMetadata.group(config, directory, registry, closing, requests);
    this.peers = new Peers(enrollment::sender, group.peers()::call);
    this.greetings = new Greetings(nodes, peers);
    this.line = new WaitingLine(config.nodeId(), lines, System::nanoTime);
  }

  /**
   * Returns when this node's image shows what the cluster has committed.
   *
   * @param closing closes what was started
   * @param lines takes what the operator is told while it waits
   * @throws StartFailure if it must not take part as it is configured
   */
  static NodeMetadata start(
      NodeConfig config,
      DataDirectory directory,
      MetricRegistry registry,
      Closing closing,
      Consumer<String> lines,
      Failpoints failpoints)
      throws StartFailure, IOException, InterruptedException {
    try {
      return new ClusterMetadata(config, directory, registry, closing, lines, failpoints).start();
    } catch (RefusedStartException e) {
      throw new StartFailure(String.valueOf(e.getMessage()), e);
    }
  }

  private NodeMetadata start()
      throws StartFailure, RefusedStartException, IOException, InterruptedException {
    var discovery =
        new Discovery(enrollment, nodes, greetings, () -> Uuid.randomUuid().toString(), failpoints);
    var waiting = new ClusterWait(enrollment, nodes, greetings, line);
    var found = discovery.findPlace(config.offsetsTopicPartitions(), line);
    var metadata = closing.add(open(found, waiting));
    var place = enrollment.place();
    failpoints.reached(Step.REPLICA_STARTED);
    requests.serve(
        List.of(
            new SubmitCommandHandler(metadata),
            new JoinHandler(new MetadataVoters(metadata, group), peers, failpoints),
            new LeaveHandler(new MetadataVoters(metadata, group), failpoints)));
    switch (place) {
      case Place.Empty empty -> throw new IllegalStateException("no place");
      case Place.Forming(var record) -> {
        try (var _ = new FormDelivery(record, enrollment.self(), peers, failpoints)) {
          waiting.await(metadata.ready());
          waiting.await(new Formation(metadata).form(Formation.settings(record)));
        }
      }
      case Place.Joining joining -> join(metadata, waiting);
      case Place.Rebuilding rebuilding -> join(metadata, waiting);
      case Place.Formed formed -> waiting.await(metadata.ready());
    }
    requireOwnCluster(place, metadata.clusterSettings());
    failpoints.reached(Step.SETTLED);
    enrollment.formed();
    return new NodeMetadata(metadata, group, peers, requests);
  }

  private void join(Metadata metadata, ClusterWait waiting)
      throws StartFailure, RefusedStartException, InterruptedException {
    try (var joining = Petition.toJoin(enrollment.self(), nodes, peers)) {
      waiting.await(metadata.ready().applyToEither(joining.refused(), Function.identity()));
    }
  }

  /** Opens the metadata, or replaces it by an empty replica if what is here is damaged. */
  private Metadata open(Place place, ClusterWait waiting)
      throws StartFailure, RefusedStartException, IOException, InterruptedException {
    if (!(place instanceof Place.Rebuilding(var _, var step)) || step == JOINING) {
      try {
        return metadata(firstVoters(place));
      } catch (MetadataGroup.DamagedException e) {
        requireOthers(e);
        LOG.warn("Node {} begins anew with its metadata", config.nodeId(), e);
        enrollment.rebuild(String.valueOf(e.getMessage()));
      }
    }
    try (var leaving = Petition.toLeave(enrollment.self(), nodes, peers)) {
      waiting.await(leaving.granted());
    }
    failpoints.reached(Step.LEFT);
    group.wipe();
    failpoints.reached(Step.WIPED);
    var metadata = metadata(Optional.of(List.of()));
    try {
      enrollment.emptied();
      return metadata;
    } catch (IOException | RuntimeException | Error e) {
      metadata.close();
      throw e;
    }
  }

  private void requireOthers(MetadataGroup.DamagedException damage) throws StartFailure {
    if (nodes.addresses().size() < REBUILDS_FROM) {
      throw new StartFailure(
          "%s; of %d nodes both must agree to take one away, so it is to be put back from a copy"
              .formatted(damage.getMessage(), nodes.addresses().size()),
          damage);
    }
  }

  private Metadata metadata(Optional<List<Voter>> firstVoters) {
    return new Metadata(
        config.nodeId(), NodeMetadata.SNAPSHOT_EVERY, group.opener(firstVoters), leaderCalls());
  }

  private static Optional<List<Voter>> firstVoters(Place place) {
    return switch (place) {
      case Place.Rebuilding rebuilding -> Optional.empty();
      case Place.Forming forming -> Optional.of(forming.voters());
      case Place.Joining joining -> Optional.of(List.of());
      case Place.Formed formed -> Optional.empty();
      case Place.Empty empty -> Optional.empty();
    };
  }

  private LeaderCalls leaderCalls() {
    return (nodeId, command) ->
        group
            .address(nodeId)
            .or(() -> Optional.ofNullable(nodes.addresses().get(nodeId)))
            .map(address -> peers.submit(new PeerAddress(address.host(), address.port()), command))
            .orElseGet(() ->
                CompletableFuture.failedFuture(
                    new PeerRefusedException(
                        Reason.NOT_SERVED, "no address of node " + nodeId + " is known")));
  }

  private static void requireOwnCluster(Place place, Optional<ClusterSettings> settings)
      throws StartFailure {
    var own = place.clusterId().orElse("");
    var found = settings.map(ClusterSettings::getClusterId).orElse("");
    if (!own.equals(found)) {
      throw new StartFailure(
          "the data directory is of cluster %s, but the metadata of cluster %s"
              .formatted(own, found));
    }
  }
}
