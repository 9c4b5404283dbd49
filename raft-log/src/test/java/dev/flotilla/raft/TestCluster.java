package dev.flotilla.raft;

import dev.flotilla.storage.LogStore.FirstBatch;
import dev.flotilla.storage.Slice;
import dev.flotilla.storage.testkit.FlushGate;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.NoSuchElementException;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.stream.IntStream;

/**
 * Raft nodes in this process, and groups of which each has a replica on the first three of them.
 */
final class TestCluster implements AutoCloseable {

  static final int NODES = 3;

  /** Longer than a loaded machine holds a process up; Ratis waits as long after some failures. */
  private static final Duration UNHURRIED = Duration.ofSeconds(20);

  private final Path directory;
  private final String engine;
  private final Duration electionTimeout;
  private final boolean proxied;
  private final List<Integer> ports = new ArrayList<>();
  private final List<String> engines = new ArrayList<>();

  /** How often each node got an empty disk. */
  private final List<Integer> disks = new ArrayList<>();

  private final List<TcpProxy> networks = new ArrayList<>();
  private final Map<Integer, RaftNode> nodes = new ConcurrentHashMap<>();
  private final List<Map<UUID, ReplicatedLog>> logs = new ArrayList<>();
  private final List<Map<UUID, CountingState>> states = new ArrayList<>();
  private final List<Map<UUID, Witness>> witnesses = new ArrayList<>();

  TestCluster(Path directory, String engine) throws IOException {
    this(directory, engine, TestNodes.ELECTION_TIMEOUT, false);
  }

  private TestCluster(Path directory, String engine, Duration electionTimeout, boolean proxied)
      throws IOException {
    this.directory = directory;
    this.engine = engine;
    this.electionTimeout = electionTimeout;
    this.proxied = proxied;
    for (int i = 0; i < NODES; i++) {
      join();
    }
  }

  /**
   * A cluster whose nodes reach each other through networks that can be cut.
   *
   * @param electionTimeout the shorter of the two; an hour shows that none is waited for
   */
  static TestCluster onNetwork(Path directory, Duration electionTimeout) throws IOException {
    return new TestCluster(directory, "mmap", electionTimeout, true);
  }

  /** The same on {@link TestEngines}. */
  static TestCluster onNetworkAndGates(Path directory, Duration electionTimeout)
      throws IOException {
    return new TestCluster(directory, TestEngines.NAME, electionTimeout, true);
  }

  /** A cluster in which nobody campaigns who is not told to, however loaded the machine is. */
  static TestCluster campaigningWhenTold(Path directory, String engine) throws IOException {
    return new TestCluster(directory, engine, UNHURRIED, false);
  }

  /** Starts one more node, and returns its number. */
  int join() throws IOException {
    return join(engine);
  }

  /** The same, with an engine of its own. */
  int join(String nodeEngine) throws IOException {
    int node = ports.size();
    engines.add(nodeEngine);
    disks.add(0);
    int port = TestNodes.freePort();
    ports.add(port);
    if (proxied) {
      networks.add(new TcpProxy(port));
    }
    logs.add(new ConcurrentHashMap<>());
    states.add(new ConcurrentHashMap<>());
    witnesses.add(new ConcurrentHashMap<>());
    start(node);
    return node;
  }

  /** A node that is stopped is started with another engine the next time. */
  void changeEngine(int node, String nodeEngine) {
    engines.set(node, nodeEngine);
  }

  /** What lies between a node's port and all others. */
  TcpProxy network(int node) {
    return networks.get(node);
  }

  Path directory(int node) {
    int disk = disks.get(node);
    return directory.resolve("node-" + node + (disk == 0 ? "" : "-" + disk));
  }

  FlushGate gate(int node) {
    return TestEngines.gate(directory(node));
  }

  private RaftNodeConfig config(int node) {
    return TestNodes.config(directory(node), peer(node), engines.get(node), electionTimeout);
  }

  private Voter peer(int node) {
    return new Voter(peerId(node), node, "127.0.0.1", ports.get(node));
  }

  private String peerId(int node) {
    int disk = disks.get(node);
    return node + "-peer" + (disk == 0 ? "" : disk);
  }

  /** A node that is stopped has nothing when it is started again, and is another peer. */
  void loseDisk(int node) {
    disks.set(node, disks.get(node) + 1);
  }

  /** The first voters of a group. */
  List<Voter> voters() {
    return IntStream.range(0, NODES).mapToObj(this::voter).toList();
  }

  /** A node as the others reach it. */
  Voter voter(int node) {
    Voter self = config(node).self();
    int port = proxied ? networks.get(node).port() : self.port();
    return new Voter(self.peerId(), self.nodeId(), self.host(), port);
  }

  RaftNode node(int node) {
    return Optional.ofNullable(nodes.get(node)).orElseThrow();
  }

  void start(int node) throws IOException {
    nodes.put(node, TestNodes.start(config(node)));
  }

  /** Stops a node, cleanly. */
  void stop(int node) {
    node(node).close();
    nodes.remove(node);
    logs.get(node).clear();
  }

  /** Creates a group on all nodes; the first campaigns. */
  UUID create(String name) {
    UUID group = UUID.randomUUID();
    for (int i = NODES - 1; i >= 0; i--) {
      CountingState state = new CountingState();
      states.get(i).put(group, state);
      logs.get(i).put(group, node(i).createLog(group, name, voters(), state, listen(i, group)));
    }
    node(0).campaign(group);
    return group;
  }

  /** Creates a group that the first node leads, however long its election timeouts are. */
  UUID createLed(String name) throws InterruptedException {
    UUID group = create(name);
    awaitLeading(0, group);
    return group;
  }

  /** Has a node campaign, and whoever leads hand over to it, until it leads and may serve. */
  void awaitLeading(int node, UUID group) throws InterruptedException {
    TestNodes.await(
        "node " + node + " leads " + group,
        () -> {
          node(node).campaign(group);
          for (int other = 0; other < NODES; other++) {
            if (other != node) {
              handOver(group, other, node);
            }
          }
          return log(node, group).leadership() instanceof Leadership.Ready;
        });
  }

  /** On a busy machine one that was to follow may have been elected. Does nothing if it was not. */
  private void handOver(UUID group, int from, int to) {
    ReplicatedLog log = logs.get(from).get(group);
    if (log != null && log.leadership() instanceof Leadership.Ready) {
      var _ = node(from).groups().transferLeadership(group, voter(to).peerId(), TestNodes.DEADLINE);
    }
  }

  /** Creates a replica that waits to be added by the group's leader. */
  void createEmpty(int node, UUID group) {
    CountingState state = new CountingState();
    states.get(node).put(group, state);
    logs.get(node)
        .put(group, node(node).createLog(group, "joining", List.of(), state, listen(node, group)));
  }

  /** Opens a group on a node that was started again. */
  ReplicatedLog open(int node, UUID group) throws ReplicaQuarantinedException {
    CountingState state = new CountingState();
    ReplicatedLog log = node(node).openLog(group, "reopened", state, listen(node, group));
    states.get(node).put(group, state);
    logs.get(node).put(group, log);
    return log;
  }

  ReplicatedLog log(int node, UUID group) {
    return Optional.ofNullable(logs.get(node).get(group)).orElseThrow();
  }

  private Witness listen(int node, UUID group) {
    Witness witness = new Witness();
    witnesses.get(node).put(group, witness);
    return witness;
  }

  /** What the owner of a node's present replica was told. */
  Witness witness(int node, UUID group) {
    return Optional.ofNullable(witnesses.get(node).get(group)).orElseThrow();
  }

  CountingState state(int node, UUID group) {
    return Optional.ofNullable(states.get(node).get(group)).orElseThrow();
  }

  /** The node that leads a group and may serve, waiting for one. */
  int awaitLeader(UUID group) throws InterruptedException {
    TestNodes.await("a leader of " + group, () -> leader(group).isPresent());
    return leader(group).orElseThrow();
  }

  Optional<Integer> leader(UUID group) {
    int leader = -1;
    int term = -1;
    for (int i = 0; i < logs.size(); i++) {
      ReplicatedLog log = logs.get(i).get(group);
      if (log != null && log.leadership() instanceof Leadership.Ready(int t) && t > term) {
        leader = i;
        term = t;
      }
    }
    return leader < 0 ? Optional.empty() : Optional.of(leader);
  }

  /** Appends through whoever leads, again and again until it is acknowledged. */
  Appended append(UUID group, AppendBatch batch) throws InterruptedException {
    long deadline = System.nanoTime() + TestNodes.DEADLINE.toNanos();
    while (true) {
      int leader = awaitLeader(group);
      try {
        return log(leader, group).append(batch).future().get(5, TimeUnit.SECONDS);
      } catch (ReplicatedLogException
          | ExecutionException
          | TimeoutException
          | NoSuchElementException e) {
        // Its leader may be gone from one look to the next.
        if (System.nanoTime() - deadline > 0) {
          throw new AssertionError("not acknowledged", e);
        }
      }
    }
  }

  /** Waits until a replica shows all records below an offset. */
  void awaitHighWatermark(int node, UUID group, long offset) throws InterruptedException {
    TestNodes.await(
        "high watermark " + offset + " on node " + node,
        () -> log(node, group).highWatermark() >= offset);
  }

  /** All committed bytes that a replica shows. */
  byte[] content(int node, UUID group) {
    ReplicatedLog log = log(node, group);
    try (Slice slice = log.read(log.logStartOffset(), Integer.MAX_VALUE, FirstBatch.WHOLE)) {
      ByteBuffer all = ByteBuffer.allocate(slice.bytes());
      slice.buffers().forEach(part -> all.put(part.duplicate()));
      return all.array();
    }
  }

  @Override
  public void close() throws IOException {
    nodes.values().forEach(RaftNode::close);
    for (TcpProxy network : networks) {
      network.close();
    }
  }
}
