package dev.flotilla.server;

import com.codahale.metrics.MetricRegistry;
import dev.flotilla.server.config.InvalidConfigException;
import dev.flotilla.server.config.NodeConfig;
import dev.flotilla.server.forming.Failpoints;
import dev.flotilla.server.testing.FreePorts;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/**
 * The metadata of nodes 1, 2, … in this process, each started, stopped and crashed by itself, on
 * ports that stay the same.
 */
final class MetadataClusterUnderTest implements AutoCloseable {

  private static final long PATIENCE_SECONDS = 60;

  /** What a failpoint does: the process ends here. */
  static final class Crash extends Error {
    private static final long serialVersionUID = 1;
  }

  /** Crashes whoever reaches a step, each time. */
  record CrashAt(Failpoints.Step step, CountDownLatch crashed) implements Failpoints {

    CrashAt(Failpoints.Step step) {
      this(step, new CountDownLatch(1));
    }

    @Override
    public void reached(Step now) {
      if (now == step) {
        crashed.countDown();
        throw new Crash();
      }
    }

    void await() throws InterruptedException {
      if (!crashed.await(PATIENCE_SECONDS, TimeUnit.SECONDS)) {
        throw new AssertionError(step + " was not reached");
      }
    }
  }

  /**
   * Crashes the first node that reaches a step, each time that it does; the others pass it, who
   * take over from that node.
   */
  record FirstCrash(Failpoints.Step step, CompletableFuture<Integer> node) {

    FirstCrash(Failpoints.Step step) {
      this(step, new CompletableFuture<>());
    }

    /** What a node is started with. */
    Failpoints of(int id) {
      return now -> {
        if (now == step) {
          node.complete(id);
          if (node.join() == id) {
            throw new Crash();
          }
        }
      };
    }

    /** The node that has crashed. */
    int await() {
      return MetadataClusterUnderTest.await(node);
    }
  }

  /** A node as it runs, or starts. */
  private record Running(Closing closing, CompletableFuture<NodeMetadata> started, Thread thread) {}

  private final Path root;
  private final int firstPort;
  private final String nodes;
  private final Map<Integer, Running> running = new TreeMap<>();
  private final List<String> lines = new CopyOnWriteArrayList<>();

  MetadataClusterUnderTest(Path root, int count) {
    this.root = root;
    this.firstPort = FreePorts.next(2 * count + 2);
    this.nodes = list(IntStream.rangeClosed(1, count).boxed().toList());
  }

  /** What {@code cluster.nodes} says of nodes with these ids. */
  String list(List<Integer> ids) {
    return ids.stream()
        .map(id -> id + "@127.0.0.1:" + (firstPort + 2 * id))
        .collect(Collectors.joining(","));
  }

  Path directory(int id) {
    return root.resolve("node-" + id);
  }

  /** What operators were told. */
  List<String> lines() {
    return lines;
  }

  void start(int id) {
    start(id, Failpoints.NONE);
  }

  void start(int id, Failpoints failpoints) {
    start(id, nodes, directory(id), failpoints);
  }

  /** Begins to start a node; {@link #started} tells what comes of it. */
  void start(int id, String clusterNodes, Path directory, Failpoints failpoints) {
    var closing = new Closing(System::nanoTime);
    var started = new CompletableFuture<NodeMetadata>();
    var thread =
        Thread.ofVirtual()
            .start(() -> {
              try {
                started.complete(open(config(id, clusterNodes, directory), closing, failpoints));
              } catch (StartFailure | IOException | InterruptedException | Crash e) {
                started.completeExceptionally(e);
              } catch (RuntimeException e) {
                started.completeExceptionally(e);
              }
            });
    if (running.put(id, new Running(closing, started, thread)) != null) {
      throw new IllegalStateException("node " + id + " runs");
    }
  }

  private static NodeConfig config(int id, String clusterNodes, Path directory) {
    try {
      return NodeConfig.of(
          Map.of(
              "node.id",
              Integer.toString(id),
              "cluster.nodes",
              clusterNodes,
              "log.dirs",
              directory.toString()));
    } catch (InvalidConfigException e) {
      throw new AssertionError(e);
    }
  }

  private NodeMetadata open(NodeConfig config, Closing closing, Failpoints failpoints)
      throws StartFailure, IOException, InterruptedException {
    var addresses = new DataDirectory.Addresses(config.raftAddress(), config.dataAddress());
    var directory =
        closing.add(
            DataDirectory.open(config.directory(), config.nodeId(), Optional.of(addresses)));
    return ClusterMetadata.start(
        config, directory, new MetricRegistry(), closing, lines::add, failpoints);
  }

  CompletableFuture<NodeMetadata> started(int id) {
    var node = running.get(id);
    if (node == null) {
      throw new IllegalStateException("node " + id + " does not run");
    }
    return node.started();
  }

  NodeMetadata get(int id) {
    return await(started(id));
  }

  static <T> T await(CompletableFuture<T> future) {
    try {
      return future.get(PATIENCE_SECONDS, TimeUnit.SECONDS);
    } catch (InterruptedException | ExecutionException | TimeoutException e) {
      throw new AssertionError(e);
    }
  }

  /** Why a start was refused. */
  StartFailure refusal(int id) {
    try {
      started(id).get(PATIENCE_SECONDS, TimeUnit.SECONDS);
    } catch (ExecutionException e) {
      if (e.getCause() instanceof StartFailure failure) {
        return failure;
      }
      throw new AssertionError(e);
    } catch (InterruptedException | TimeoutException e) {
      throw new AssertionError(e);
    }
    throw new AssertionError("node " + id + " started");
  }

  /** Ends a node wherever it is. */
  void stop(int id) {
    var node = running.remove(id);
    if (node != null) {
      node.thread().interrupt();
      try {
        node.thread().join();
      } catch (InterruptedException e) {
        throw new AssertionError(e);
      }
      node.closing().close();
    }
  }

  /** Empties a stopped node's data directory. */
  void wipe(int id) throws IOException {
    try (var files = Files.walk(directory(id))) {
      for (var file : files.sorted(Comparator.reverseOrder()).toList()) {
        Files.delete(file);
      }
    }
  }

  /** The node that leads the metadata group, once there is one. */
  int leader() {
    var leader = new CompletableFuture<Integer>();
    dev.flotilla.server.testing.Await.until(() -> {
      running.forEach((id, node) -> {
        if (node.started().isDone()
            && node.started().join().metadata().leadership()
                instanceof dev.flotilla.raft.Leadership.Ready) {
          leader.complete(id);
        }
      });
      return leader.isDone();
    });
    return leader.join();
  }

  @Override
  public void close() {
    List.copyOf(running.keySet()).forEach(this::stop);
  }
}
