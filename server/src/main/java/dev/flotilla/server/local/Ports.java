package dev.flotilla.server.local;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;

/**
 * The ports of a node on the loopback address.
 *
 * @param clients where clients connect to
 * @param raft where its metadata Raft server listens; that of the partitions takes the next port
 * @param metrics where metrics and status are served
 */
record Ports(int clients, int raft, int metrics) {

  static final int DEFAULT_CLIENTS = 9092;
  private static final int DEFAULT_METRICS = 9644;

  private static final int RAFT_DISTANCE = 10_000;

  /**
   * Where a cluster whose clients connect to a port looks for its first Raft port. Ports that are
   * remembered over restarts must lie below 32768: from there on the system gives them to whoever
   * connects somewhere.
   */
  static int firstRaft(int clients) {
    return RAFT_DISTANCE + clients % (2 * RAFT_DISTANCE);
  }

  /** Where it looks for its first port of metrics. */
  static int firstMetrics(int clients) {
    return clients == DEFAULT_CLIENTS ? DEFAULT_METRICS : firstRaft(clients) + 1_000;
  }

  /** The first port from one on that is free, together with those that follow it. */
  static int free(int from, int count) throws LocalFailure {
    for (int port = from; port + count <= 65_536; port++) {
      int taken = 0;
      while (taken < count && isFree(port + taken)) {
        taken++;
      }
      if (taken == count) {
        return port;
      }
    }
    throw new LocalFailure("no free port from " + from + " on");
  }

  /** Whether nobody listens there. */
  static boolean isFree(int port) {
    try (ServerSocket socket = new ServerSocket()) {
      socket.bind(new InetSocketAddress(InetAddress.ofLiteral("127.0.0.1"), port));
      return true;
    } catch (IOException e) {
      return false;
    }
  }

  /** Names the first of them that somebody else listens on. */
  void check(int nodeId) throws LocalFailure {
    check(clients, "clients of node " + nodeId);
    check(raft, "the metadata group of node " + nodeId);
    check(raft + 1, "the partitions of node " + nodeId);
    check(metrics, "metrics of node " + nodeId);
  }

  private static void check(int port, String purpose) throws LocalFailure {
    if (!isFree(port)) {
      throw new LocalFailure("port %d, for %s, is taken".formatted(port, purpose));
    }
  }
}
