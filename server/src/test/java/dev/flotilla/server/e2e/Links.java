package dev.flotilla.server.e2e;

import java.io.IOException;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.IntFunction;

/**
 * The network between the nodes of a cluster: a proxy in front of each, through which the others
 * reach it. A cut holds back bytes and new connections, as a network does that loses packets;
 * healed, they go on.
 */
final class Links implements AutoCloseable {

  private record Direction(int from, int to) {}

  private final Map<Proxy, Integer> proxies = new ConcurrentHashMap<>();
  private final IntFunction<Set<Long>> processes;
  private final int nodes;

  /** Guarded by this. */
  private final Set<Direction> cut = new HashSet<>();

  /**
   * None so far.
   *
   * @param nodes how many there are, with the ids from 1 on
   * @param processes the processes of a node, by its id
   */
  Links(int nodes, IntFunction<Set<Long>> processes) {
    this.nodes = nodes;
    this.processes = processes;
  }

  /** The host at which the others reach a node. */
  static String host(int node) {
    return "127.0.1." + node;
  }

  /** Forwards connections to a port of a node. */
  void add(int node, int port) throws IOException {
    proxies.put(new Proxy(this, node, host(node), port), port);
  }

  /** Cuts a node off from all others, in both directions. */
  void isolate(int node) {
    for (int other = 1; other <= nodes; other++) {
      if (other != node) {
        cut(node, other);
        cut(other, node);
      }
    }
  }

  /** Nothing goes from one node to another from now on. */
  synchronized void cut(int from, int to) {
    cut.add(new Direction(from, to));
  }

  /** Everything goes everywhere again. */
  synchronized void heal() {
    cut.clear();
    notifyAll();
  }

  /** Returns once bytes may go from one node to another; 0 is nobody's and never cut off. */
  synchronized void awaitOpen(int from, int to) throws InterruptedException {
    while (cut.contains(new Direction(from, to))) {
      wait();
    }
  }

  /** The node that a process belongs to; 0 if it is nobody's. */
  int nodeOf(int localPort, int remotePort) {
    for (int node = 1; node <= nodes; node++) {
      for (long process : processes.apply(node)) {
        if (ConnectionOwners.owns(process, localPort, remotePort)) {
          return node;
        }
      }
    }
    return 0;
  }

  @Override
  public void close() {
    heal();
    proxies.keySet().forEach(Proxy::close);
  }
}
