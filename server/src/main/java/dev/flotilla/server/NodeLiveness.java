package dev.flotilla.server;

import com.codahale.metrics.MetricRegistry;
import dev.flotilla.raft.Voter;
import dev.flotilla.server.config.NodeConfig;
import dev.flotilla.server.liveness.Fencing;
import dev.flotilla.server.liveness.Handover;
import dev.flotilla.server.liveness.HeartbeatHandler;
import dev.flotilla.server.liveness.Heartbeats;
import dev.flotilla.server.liveness.LeaderBalance;
import dev.flotilla.server.liveness.LeadershipPush;
import dev.flotilla.server.liveness.LivenessMetrics;
import dev.flotilla.server.liveness.NodeWatch;
import dev.flotilla.server.liveness.Periodic;
import dev.flotilla.server.liveness.ReportsHandler;
import dev.flotilla.server.metadata.LeadershipReports;
import dev.flotilla.server.metadata.Outcome;
import dev.flotilla.server.metadata.RegisteredNode;
import dev.flotilla.server.metadata.RegisteredNode.State;
import dev.flotilla.server.metadata.Registrations;
import dev.flotilla.server.metadata.Registrations.Registration;
import java.time.Duration;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import org.apache.kafka.common.Endpoint;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.image.MetadataDelta;

/**
 * What makes this node one of several: it registers and is heard of, hears of the others, and makes
 * known what it leads. A node alone registers and is there.
 *
 * <p>The methods are called in the order in which they stand here, by the thread that starts the
 * node.
 */
final class NodeLiveness {

  private static final Duration HEARTBEAT_INTERVAL = Duration.ofMillis(500);
  private static final Duration CAUGHT_UP_INTERVAL = Duration.ofMillis(500);
  private static final Duration REPETITION = Duration.ofSeconds(5);

  /** A process that ends is noticed at once; this is for one that is frozen or cut off. */
  private static final Duration SILENCE = Duration.ofMillis(1_800);

  /** A node that has this one's id gets so much longer than its session to be fenced. */
  private static final Duration FENCING_DELAY = Duration.ofSeconds(5);

  private final NodeConfig config;
  private final NodeMetadata cluster;
  private final Closing closing;
  private final Registrations registrations;
  private final LivenessMetrics metrics;
  private final ClusterLinks links;
  private final LeadershipPush push;

  /**
   * Answers the other nodes from now on.
   *
   * @param closing closes what is started here, now and later
   */
  NodeLiveness(NodeConfig config, NodeMetadata cluster, MetricRegistry registry, Closing closing) {
    this.config = config;
    this.cluster = cluster;
    this.closing = closing;
    this.registrations = new Registrations(cluster.metadata());
    this.metrics = new LivenessMetrics(registry);
    metrics.nodes(
        () -> registrations.all().size(),
        () -> (int) registrations.all().stream().filter(NodeLiveness::isFenced).count());
    var fencing =
        new Fencing(
            registrations,
            cluster.metadata()::leadership,
            config.sessionTimeout(),
            HEARTBEAT_INTERVAL,
            System::nanoTime);
    this.links = new ClusterLinks(config, cluster, fencing);
    this.push =
        closing.add(
            new LeadershipPush(cluster.metadata()::reported, links::reports, REPETITION, metrics));
    cluster
        .requests()
        .serve(
            List.of(
                new HeartbeatHandler(fencing), new ReportsHandler(cluster.metadata()::reported)));
    if (isOneOfSeveral()) {
      closing.add(new Periodic("fencing", HEARTBEAT_INTERVAL, fencing::tick));
    }
  }

  private static boolean isFenced(RegisteredNode node) {
    return node.state() == State.FENCED;
  }

  private boolean isOneOfSeveral() {
    return config.cluster().isPresent();
  }

  /** Where this node says what it leads. */
  LeadershipReports reports() {
    return push;
  }

  /**
   * Registers this node anew. One of several is fenced until it {@link Membership#serve serves}.
   *
   * @param data how its data groups are reached
   * @param superseded told when another incarnation of this node has registered
   */
  Membership register(
      NodePartitions partitions,
      Voter data,
      Uuid directory,
      Collection<Endpoint> endpoints,
      Consumer<String> superseded)
      throws StartFailure, InterruptedException {
    var registration =
        new Registration(
            data,
            directory,
            config.rack(),
            endpoints,
            Uuid.randomUuid(),
            isOneOfSeveral() ? State.FENCED : State.SERVING);
    Outcome registered =
        NodeMetadata.await(
            registrations.register(registration, config.sessionTimeout().plus(FENCING_DELAY)),
            "this node was not registered");
    metrics.led(() -> partitions.partitions().led().size());
    return isOneOfSeveral()
        ? join(partitions, registered.index(), superseded)
        : new Membership.Alone();
  }

  private Membership join(NodePartitions partitions, long epoch, Consumer<String> superseded) {
    var groups = partitions.raft().groups();
    var watch =
        closing.add(
            new NodeWatch(
                (node, listener) -> {
                  var watched =
                      partitions.raft().peers().watch(node.host(), node.port(), SILENCE, listener);
                  return watched::close;
                },
                node -> push.appeared(node.nodeId()),
                node -> groups.peerGone(node.peerId()),
                metrics));
    cluster.metadata().addPublisher((delta, image) -> follow(delta, watch));
    closing.add(
        new Periodic("caught-up", CAUGHT_UP_INTERVAL, partitions.partitions()::reportCaughtUp));
    var balance =
        new LeaderBalance(
            config.nodeId(),
            partitions.partitions()::led,
            () -> serving(watch),
            System::nanoTime,
            metrics);
    config
        .leaderBalance()
        .ifPresent(interval -> closing.add(new Periodic("leader-balance", interval, balance::run)));
    var heartbeats =
        closing.add(
            new Heartbeats(
                config.nodeId(),
                epoch,
                links::heartbeat,
                HEARTBEAT_INTERVAL,
                metrics,
                () -> superseded.accept("another process has registered as this node")));
    var handover =
        new Handover(
            partitions.partitions()::led,
            this::leadersByNode,
            () -> serving(watch),
            System::nanoTime,
            metrics);
    return new Membership.OneOfSeveral(
        heartbeats, new Farewell(handover, cluster.group()::handOver, System::nanoTime));
  }

  private Map<Integer, Integer> leadersByNode() {
    var leaders = new HashMap<Integer, Integer>();
    for (var topic : cluster.metadata().image().topics().topicsById().values()) {
      topic.partitions().values().forEach(each -> leaders.merge(each.leader, 1, Integer::sum));
    }
    return leaders;
  }

  /** On the thread of the image: hands over, and returns. */
  private void follow(MetadataDelta delta, NodeWatch watch) {
    if (delta.topicsDelta() != null) {
      delta.topicsDelta().deletedTopicIds().forEach(push::topicDeleted);
    }
    if (delta.clusterDelta() != null) {
      var others =
          registrations.all().stream().filter(node -> node.nodeId() != config.nodeId()).toList();
      push.nodes(others.stream().map(RegisteredNode::nodeId).collect(Collectors.toSet()));
      watch.nodes(others.stream().map(RegisteredNode::data).toList());
      delta.clusterDelta().changedBrokers().keySet().forEach(push::appeared);
    }
  }

  /** The others that serve clients, and answer this node. */
  private Set<Integer> serving(NodeWatch watch) {
    var reachable = watch.reachable();
    return registrations.all().stream()
        .filter(node -> node.state() == State.SERVING)
        .map(RegisteredNode::nodeId)
        .filter(reachable::contains)
        .collect(Collectors.toSet());
  }
}
