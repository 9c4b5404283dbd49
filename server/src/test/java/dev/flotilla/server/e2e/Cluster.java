package dev.flotilla.server.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import dev.flotilla.server.status.DigestComparison;
import dev.flotilla.server.status.NodePages;
import dev.flotilla.server.status.Status;
import dev.flotilla.server.testing.Await;
import dev.flotilla.server.testing.LoopbackPorts;
import dev.flotilla.server.testing.NodeUnderTest;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.http.HttpClient;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.admin.TopicDescription;

/** Three nodes as processes, with a network between them that can be cut. */
final class Cluster implements AutoCloseable {

  static final int NODES = 3;

  /** Processes on a busy machine: nothing is decided by how long they take. */
  static final Duration PATIENCE = Duration.ofMinutes(2);

  private static final Duration LOOK_EVERY = Duration.ofMillis(100);

  private final Path directory;
  private final Map<Integer, Map<String, String>> settings = new TreeMap<>();
  private final Map<Integer, NodeProcess> nodes = new HashMap<>();
  private final Links links = new Links(NODES, this::processes);
  private final String bootstrap;

  private Cluster(Path directory, Map<String, String> more) throws IOException {
    this.directory = directory;
    int raft = LoopbackPorts.next(2 * NODES);
    int clients = LoopbackPorts.next(2 * NODES);
    String members =
        ids()
            .mapToObj(id -> "%d@%s:%d".formatted(id, Links.host(id), raft + 2 * (id - 1)))
            .collect(Collectors.joining(","));
    for (int id : ids().toArray()) {
      int raftPort = raft + 2 * (id - 1);
      Map<String, String> own = new TreeMap<>();
      own.put("node.id", Integer.toString(id));
      own.put("listeners", "PLAINTEXT://127.0.0.1:" + (clients + id - 1));
      own.put("metrics.listener", "127.0.0.1:" + (clients + NODES + id - 1));
      own.put("cluster.nodes", members);
      own.put("raft.listener", "127.0.0.1:" + raftPort);
      own.put("raft.data.listener", "127.0.0.1:" + (raftPort + 1));
      own.put("group.initial.rebalance.delay.ms", "0");
      own.putAll(more);
      settings.put(id, own);
      links.add(id, raftPort);
      links.add(id, raftPort + 1);
    }
    this.bootstrap =
        ids().mapToObj(id -> "127.0.0.1:" + (clients + id - 1)).collect(Collectors.joining(","));
  }

  /** Starts one and waits until every node is ready. */
  static Cluster start(Path directory, Map<String, String> settings) {
    Cluster cluster;
    try {
      cluster = new Cluster(directory, settings);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    try {
      cluster.settings.forEach(
          (id, own) -> cluster.nodes.put(id, NodeProcess.launch(cluster.directoryOf(id), own)));
      cluster.nodes.values().forEach(NodeProcess::awaitReady);
      return cluster;
    } catch (RuntimeException | Error e) {
      cluster.close();
      throw e;
    }
  }

  static IntStream ids() {
    return IntStream.rangeClosed(1, NODES);
  }

  private Path directoryOf(int node) {
    return directory.resolve("node-" + node);
  }

  private Set<Long> processes(int node) {
    NodeProcess process = nodes.get(node);
    return process == null ? Set.of() : Set.of(process.pid());
  }

  String bootstrap() {
    return bootstrap;
  }

  NodeProcess node(int id) {
    return nodes.get(id);
  }

  Links links() {
    return links;
  }

  /** Removes all that a node that does not run has on its disk. */
  void wipe(int node) {
    try (Stream<Path> files = Files.walk(nodes.get(node).data())) {
      for (Path each : files.sorted(Comparator.reverseOrder()).toList()) {
        Files.delete(each);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Starts all that do not run, at the same time, and waits until they are ready. */
  void startStopped() {
    List<NodeProcess> stopped =
        nodes.values().stream().filter(node -> !node.isAlive()).collect(Collectors.toList());
    stopped.forEach(NodeProcess::launchAgain);
    stopped.forEach(NodeProcess::awaitReady);
  }

  /** Creates a topic with a replica on every node, and waits until it is led. */
  void createTopic(String topic, int partitions) {
    try (Admin admin = admin()) {
      admin.createTopics(List.of(new NewTopic(topic, partitions, (short) NODES))).all().get();
    } catch (InterruptedException | ExecutionException e) {
      throw new AssertionError(e);
    }
    Await.until(
        PATIENCE,
        "a leader of each partition",
        () -> leaders(topic).values().stream().allMatch(leader -> leader > 0));
  }

  /** Deletes a topic. */
  void deleteTopic(String topic) {
    try (Admin admin = admin()) {
      admin.deleteTopics(List.of(topic)).all().get();
    } catch (InterruptedException | ExecutionException e) {
      throw new AssertionError(e);
    }
  }

  /** The leader of each partition, 0 for none. */
  Map<Integer, Integer> leaders(String topic) {
    try (Admin admin = admin()) {
      TopicDescription described =
          admin.describeTopics(List.of(topic)).allTopicNames().get().get(topic);
      Map<Integer, Integer> leaders = new TreeMap<>();
      described
          .partitions()
          .forEach(each ->
              leaders.put(
                  each.partition(), each.leader() == null ? 0 : Math.max(0, each.leader().id())));
      return leaders;
    } catch (InterruptedException | ExecutionException e) {
      throw new AssertionError(e);
    }
  }

  private Admin admin() {
    return Admin.create(Map.of("bootstrap.servers", bootstrap));
  }

  /** The node that leads the metadata group, as all that run see it. */
  int metadataLeader() {
    AtomicInteger leader = new AtomicInteger();
    Await.until(
        PATIENCE,
        "a leader of the metadata group",
        () -> {
          Set<Integer> seen = new HashSet<>();
          running()
              .forEach(node -> status(node).ifPresent(each -> seen.add(each.metadataLeader())));
          seen.stream().findFirst().ifPresent(leader::set);
          return seen.size() == 1 && leader.get() > 0;
        });
    return leader.get();
  }

  /** Waits until every node runs, sees every partition led, and every replica caught up. */
  void awaitWhole() {
    try {
      Await.until(
          PATIENCE,
          "every replica caught up",
          () -> {
            LockSupport.parkNanos(LOOK_EVERY.toNanos());
            return nodes.values().stream()
                .allMatch(node -> status(node).filter(Cluster::whole).isPresent());
          });
    } catch (AssertionError e) {
      System.out.println(logs());
      List<String> seen = nodes.values().stream().map(Cluster::seenBy).toList();
      throw new AssertionError(e.getMessage() + ": " + seen, e);
    }
  }

  /** In one line: it is all that is seen of a failure where the rest of the output is cut off. */
  private static String seenBy(NodeProcess node) {
    return status(node)
        .map(status ->
            "node %d: %s, leaderless %s, behind %s, impaired %s, fenced %s"
                .formatted(
                    status.node(),
                    status.notReady().isEmpty() ? "ready" : status.notReady(),
                    status.leaderless(),
                    status.underReplicated(),
                    status.impaired(),
                    status.nodes().stream()
                        .filter(Status.NodeState::fenced)
                        .map(Status.NodeState::id)
                        .toList()))
        .orElse("no status at " + node.metricsPort());
  }

  private static boolean whole(Status status) {
    return status.notReady().isEmpty()
        && status.leaderless().isEmpty()
        && status.underReplicated().isEmpty()
        && status.impaired().isEmpty()
        && status.nodes().stream().noneMatch(Status.NodeState::fenced);
  }

  private Stream<NodeProcess> running() {
    return nodes.values().stream().filter(NodeProcess::isAlive);
  }

  private static Optional<Status> status(NodeProcess node) {
    try {
      return Status.parse(NodeUnderTest.get(node.metricsPort(), "/status").body());
    } catch (AssertionError e) {
      // It starts, or stops.
      return Optional.empty();
    }
  }

  /**
   * Checks that the replicas of every partition hold the same records.
   *
   * @return how many replicas were compared
   */
  int verifyDigests() {
    try (HttpClient http = HttpClient.newHttpClient()) {
      DigestComparison comparison =
          DigestComparison.of(
              running()
                  .map(node -> new NodePages(http, "127.0.0.1:" + node.metricsPort(), PATIENCE))
                  .toList());
      assertThat(comparison.differences()).isEmpty();
      assertThat(comparison.alone()).isEmpty();
      assertThat(comparison.incomparable()).isEmpty();
      return comparison.replicas();
    }
  }

  /** The last of every node's log, for a test that failed. */
  String logs() {
    return nodes.entrySet().stream()
        .map(node -> "node %d:\n%s\n".formatted(node.getKey(), node.getValue().tail()))
        .collect(Collectors.joining());
  }

  @Override
  public void close() {
    nodes.values().forEach(NodeProcess::close);
    links.close();
  }
}
