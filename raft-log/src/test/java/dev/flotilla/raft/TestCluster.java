package dev.flotilla.raft;

import dev.flotilla.storage.LogStore.FirstBatch;
import dev.flotilla.storage.Slice;
import dev.flotilla.storage.testkit.FlushGate;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;

/** Three Raft nodes in this process, and groups of which each has a replica on all of them. */
final class TestCluster implements AutoCloseable {

  static final int NODES = 3;

  private final Path directory;
  private final String engine;
  private final List<Integer> ports = new ArrayList<>();
  private final @Nullable RaftNode[] nodes = new RaftNode[NODES];
  private final List<Map<UUID, ReplicatedLog>> logs = new ArrayList<>();
  private final List<Map<UUID, CountingState>> states = new ArrayList<>();

  TestCluster(Path directory, String engine) throws IOException {
    this.directory = directory;
    this.engine = engine;
    for (int i = 0; i < NODES; i++) {
      ports.add(TestNodes.freePort());
      logs.add(new HashMap<>());
      states.add(new HashMap<>());
    }
    for (int i = 0; i < NODES; i++) {
      start(i);
    }
  }

  Path directory(int node) {
    return directory.resolve("node-" + node);
  }

  FlushGate gate(int node) {
    return TestEngines.gate(directory(node));
  }

  private RaftNodeConfig config(int node) {
    return TestNodes.config(directory(node), node, ports.get(node), engine);
  }

  List<Voter> voters() {
    List<Voter> voters = new ArrayList<>();
    for (int i = 0; i < NODES; i++) {
      voters.add(config(i).self());
    }
    return voters;
  }

  RaftNode node(int node) {
    RaftNode started = nodes[node];
    if (started == null) {
      throw new IllegalStateException("node " + node + " is down");
    }
    return started;
  }

  void start(int node) throws IOException {
    nodes[node] = TestNodes.start(config(node));
  }

  /** Stops a node, cleanly. */
  void stop(int node) {
    node(node).close();
    nodes[node] = null;
    logs.get(node).clear();
  }

  /** Creates a group on all nodes; the first campaigns. */
  UUID create(String name) {
    UUID group = UUID.randomUUID();
    for (int i = NODES - 1; i >= 0; i--) {
      CountingState state = new CountingState();
      states.get(i).put(group, state);
      logs.get(i).put(group, node(i).createLog(group, name, voters(), state, new Quiet()));
    }
    node(0).campaign(group);
    return group;
  }

  /** Creates a replica that waits to be added by the group's leader. */
  void createEmpty(int node, UUID group) {
    CountingState state = new CountingState();
    states.get(node).put(group, state);
    logs.get(node)
        .put(group, node(node).createLog(group, "joining", List.of(), state, new Quiet()));
  }

  /** Opens a group on a node that was started again. */
  ReplicatedLog open(int node, UUID group) throws ReplicaQuarantinedException {
    CountingState state = new CountingState();
    ReplicatedLog log = node(node).openLog(group, "reopened", state, new Quiet());
    states.get(node).put(group, state);
    logs.get(node).put(group, log);
    return log;
  }

  ReplicatedLog log(int node, UUID group) {
    return Optional.ofNullable(logs.get(node).get(group)).orElseThrow();
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
    for (int i = 0; i < NODES; i++) {
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
      } catch (ReplicatedLogException | ExecutionException | TimeoutException e) {
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
  public void close() {
    for (RaftNode node : nodes) {
      if (node != null) {
        node.close();
      }
    }
  }
}
