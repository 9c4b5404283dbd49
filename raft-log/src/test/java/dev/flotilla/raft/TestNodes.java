package dev.flotilla.raft;

import com.codahale.metrics.MetricRegistry;
import dev.flotilla.storage.FlushMode;
import java.io.IOException;
import java.net.BindException;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BooleanSupplier;

/** Raft nodes for tests: on loopback, with short timeouts. */
final class TestNodes {

  static final int MAX_ENTRY_BYTES = (1 << 20) + (64 << 10);
  static final Duration ELECTION_TIMEOUT = Duration.ofMillis(400);
  static final Duration DEADLINE = Duration.ofSeconds(60);

  private static final int FIRST_PORT = 12_000;
  private static final int PORTS = 18_000;

  /** Begins elsewhere in each process: several may run tests at the same time. */
  private static final AtomicInteger NEXT_PORT =
      new AtomicInteger(ThreadLocalRandom.current().nextInt(PORTS));

  private TestNodes() {}

  static RaftNodeConfig config(Path directory, int nodeId, int port, String engine) {
    return config(directory, nodeId, port, engine, ELECTION_TIMEOUT);
  }

  static RaftNodeConfig config(
      Path directory, int nodeId, int port, String engine, Duration electionTimeout) {
    Voter self = new Voter(nodeId + "-peer", nodeId, "127.0.0.1", port);
    return config(directory, self, engine, electionTimeout);
  }

  /** Elections begin after the timeout or after up to twice as long. */
  static RaftNodeConfig config(
      Path directory, Voter self, String engine, Duration electionTimeout) {
    return new RaftNodeConfig(
        self,
        directory,
        engine,
        FlushMode.COMMIT,
        Map.of(),
        4 << 20,
        MAX_ENTRY_BYTES,
        16 << 20,
        electionTimeout,
        electionTimeout.multipliedBy(2),
        Clock.systemUTC());
  }

  static RaftNode start(RaftNodeConfig config) throws IOException {
    return RaftNode.start(config, new MetricRegistry());
  }

  /**
   * A port that was free a moment ago, for nodes that must name each other before they start and
   * come back to it. Below those that systems take for outgoing connections, any of which could
   * otherwise have it next.
   */
  static int freePort() throws IOException {
    for (int tries = 0; tries < PORTS; tries++) {
      int port = FIRST_PORT + Math.floorMod(NEXT_PORT.getAndIncrement(), PORTS);
      try (ServerSocket socket = new ServerSocket()) {
        socket.setReuseAddress(true);
        socket.bind(new InetSocketAddress(port));
        return port;
      } catch (BindException e) {
        // In use: the next.
      }
    }
    throw new IOException("no port is free");
  }

  /**
   * Waits until a condition holds. It is looked at again and again, a pause between: conditions are
   * over the state of Raft on several nodes, of which nothing tells when it changes. No other test
   * of this module that waits for something pauses.
   */
  static void await(String what, BooleanSupplier condition) throws InterruptedException {
    long deadline = System.nanoTime() + DEADLINE.toNanos();
    while (!condition.getAsBoolean()) {
      if (System.nanoTime() - deadline > 0) {
        throw new AssertionError("not within " + DEADLINE + ": " + what);
      }
      Thread.sleep(5);
    }
  }
}
