package dev.flotilla.server.local;

import com.sun.management.OperatingSystemMXBean;
import dev.flotilla.server.config.InvalidConfigException;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

/**
 * The nodes of a cluster as processes of this machine. A node that ends is reported, and the others
 * go on. All end with the process that started them.
 */
public final class LocalCluster implements AutoCloseable {

  /** Keys that a cluster sets itself: they differ from node to node, or make it a cluster. */
  public static final List<String> COMPUTED = NodeFiles.COMPUTED;

  private static final Duration LOOK_EVERY = Duration.ofMillis(100);
  private static final Duration READY_WITHIN = Duration.ofMinutes(2);

  /** A node that was told to stop hands over its leaders and writes checkpoints. */
  private static final Duration STOPPED_WITHIN = Duration.ofMinutes(1);

  private static final int LINES_OF_A_DEAD_NODE = 20;
  private static final long LEAST_HEAP_MB = 256;
  private static final long MOST_HEAP_MB = 1024;

  /** The heaps of all nodes together take this part of the memory: the page cache needs some. */
  private static final int HEAP_SHARE = 4;

  private final ClusterLock lock;
  private final ClusterLayout layout;
  private final Consumer<String> reports;
  private final Map<Integer, NodeProcess> nodes = new ConcurrentSkipListMap<>();
  private final CountDownLatch running;

  /** Written by who closes, read by those who report a node's end. */
  private volatile boolean closing;

  /**
   * What is asked for.
   *
   * @param directory where all of it is kept
   * @param count how many nodes; 3, or what the directory holds
   * @param firstId the id of the first; 1, or what the directory holds
   * @param port where clients connect to the first; 9092, or what the directory holds
   * @param settings those that all nodes share
   */
  public record Plan(
      Path directory,
      Optional<Integer> count,
      Optional<Integer> firstId,
      Optional<Integer> port,
      Map<String, String> settings) {}

  private LocalCluster(ClusterLock lock, ClusterLayout layout, Consumer<String> reports) {
    this.lock = lock;
    this.layout = layout;
    this.reports = reports;
    this.running = new CountDownLatch(layout.nodes().size());
  }

  /**
   * Starts the processes; {@link #awaitReady} follows.
   *
   * @param reports told in lines of text what happens to nodes, on any thread
   * @throws LocalFailure if the directory or a port cannot be used; nothing runs then
   * @throws InvalidConfigException if a node could not start with its settings
   */
  public static LocalCluster start(Plan plan, Consumer<String> reports)
      throws LocalFailure, InvalidConfigException {
    Path directory = plan.directory().toAbsolutePath().normalize();
    ClusterLock lock = ClusterLock.of(directory);
    LocalCluster cluster = null;
    try {
      ClusterLayout layout = ClusterLayout.of(directory, plan.count(), plan.firstId(), plan.port());
      Map<Integer, Map<String, String>> settings = NodeFiles.of(layout, plan.settings());
      cluster = new LocalCluster(lock, layout, reports);
      cluster.checkNothingRuns();
      layout.write();
      NodeFiles.write(layout, settings);
      cluster.startNodes();
      return cluster;
    } catch (LocalFailure | InvalidConfigException | RuntimeException e) {
      if (cluster == null) {
        lock.close();
      } else {
        cluster.close();
      }
      throw e;
    }
  }

  private void checkNothingRuns() throws LocalFailure {
    for (Map.Entry<Integer, Ports> node : layout.nodes().entrySet()) {
      Path data = layout.dataOf(node.getKey());
      try {
        if (ClusterLock.isHeld(data)) {
          throw new LocalFailure(
              "node %d runs already, process %s".formatted(node.getKey(), ClusterLock.user(data)));
        }
      } catch (IOException e) {
        throw new LocalFailure("directory " + data + " cannot be used: " + e, e);
      }
      node.getValue().check(node.getKey());
    }
  }

  private void startNodes() throws LocalFailure {
    List<String> flags = JavaCommand.heapIsChosen() ? List.of() : List.of(heap());
    String self = Long.toString(ProcessHandle.current().pid());
    for (int id : layout.nodes().keySet()) {
      String settings = layout.settingsOf(id).toString();
      NodeProcess node =
          NodeProcess.start(
              flags, List.of("server", settings, "--detached", "--parent", self), layout.logOf(id));
      nodes.put(id, node);
      reports.accept(
          "node %d is process %d, its log %s".formatted(id, node.pid(), layout.logOf(id)));
      var _ = node.ended().thenAccept(status -> ended(id, node, status));
    }
  }

  private String heap() {
    long memory =
        ManagementFactory.getPlatformMXBean(OperatingSystemMXBean.class).getTotalMemorySize();
    long share = (memory >> 20) / HEAP_SHARE / layout.nodes().size();
    return "-Xmx" + Math.clamp(share, LEAST_HEAP_MB, MOST_HEAP_MB) + "m";
  }

  private void ended(int id, NodeProcess node, int status) {
    if (!closing) {
      List<String> lines = new ArrayList<>();
      lines.add(
          "node %d ended with status %d, %d go on; the last of its log %s:"
              .formatted(
                  id,
                  status,
                  nodes.values().stream().filter(NodeProcess::isAlive).count(),
                  layout.logOf(id)));
      node.lastLines(LINES_OF_A_DEAD_NODE).forEach(line -> lines.add("  " + line));
      reports.accept(String.join("\n", lines));
    }
    running.countDown();
  }

  /**
   * Returns what clients connect to when every node serves.
   *
   * @throws LocalFailure as soon as a node ends, or if one takes too long; the others still run
   */
  public String awaitReady() throws LocalFailure, InterruptedException {
    long deadline = System.nanoTime() + READY_WITHIN.toNanos();
    Set<Integer> starting = new TreeSet<>(nodes.keySet());
    while (!starting.isEmpty()) {
      for (Map.Entry<Integer, NodeProcess> node : nodes.entrySet()) {
        if (starting.contains(node.getKey())
            && isReady(node.getKey(), node.getValue().awaitStart(LOOK_EVERY), deadline)) {
          starting.remove(node.getKey());
        }
      }
    }
    return layout.bootstrap();
  }

  private boolean isReady(int id, NodeProcess.Start start, long deadline) throws LocalFailure {
    return switch (start) {
      case NodeProcess.Start.Ready r -> true;
      case NodeProcess.Start.Ended ended ->
          throw new LocalFailure("node %d: %s".formatted(id, ended.reason()));
      case NodeProcess.Start.Late l -> {
        if (System.nanoTime() - deadline > 0) {
          throw new LocalFailure(
              "node %d is not ready after %d s, see %s"
                  .formatted(id, READY_WITHIN.toSeconds(), layout.logOf(id)));
        }
        yield false;
      }
    };
  }

  /** Returns when no node is left: whether that was because of {@link #close}. */
  public boolean awaitEnd() throws InterruptedException {
    running.await();
    return closing;
  }

  /**
   * Stops all nodes at the same time, and ends those that take too long. One after the other would
   * lose no less: once a majority is gone nothing is acknowledged, and every leader would have
   * moved twice on its way to a node that stops, too.
   */
  @Override
  public void close() {
    closing = true;
    nodes.values().forEach(NodeProcess::stop);
    CompletableFuture<Void> ended =
        CompletableFuture.allOf(
            nodes.values().stream().map(NodeProcess::ended).toArray(CompletableFuture<?>[]::new));
    try {
      ended.get(STOPPED_WITHIN.toMillis(), TimeUnit.MILLISECONDS);
    } catch (Exception e) {
      if (e instanceof InterruptedException) {
        Thread.currentThread().interrupt();
      }
      nodes.forEach((id, node) -> {
        if (node.isAlive()) {
          reports.accept("node %d did not stop, it is killed".formatted(id));
          node.kill();
        }
      });
    }
    lock.close();
  }
}
