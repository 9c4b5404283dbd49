package dev.flotilla.server.liveness;

import dev.flotilla.raft.PeerListener;
import dev.flotilla.raft.Voter;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Watches whether the other nodes can be reached from here, and tells at once when one no longer
 * can, so that the groups it led elect anew without waiting for their timeouts.
 *
 * <p>This is between two nodes, and independent of fencing, which the metadata leader decides for
 * all. A wrong alarm costs an election; to make none of a node that is merely busy, silence means
 * that several pings in a row, none of them answered, were sent over the time of the watch.
 *
 * <p>Any thread may call; nothing blocks.
 */
public final class NodeWatch implements AutoCloseable {

  private static final Logger LOG = LoggerFactory.getLogger(NodeWatch.class);

  private final Watching watching;
  private final Consumer<Voter> appeared;
  private final Consumer<Voter> gone;
  private final LivenessMetrics metrics;

  // Guarded by this object.
  private final Map<Voter, Watch> watches = new HashMap<>();
  private boolean closed;

  /** Those of the watched nodes that answer. Written by their listeners, read by any thread. */
  private final Set<Voter> reachable = ConcurrentHashMap.newKeySet();

  /** Begins to watch one node. */
  @FunctionalInterface
  public interface Watching {
    Watch watch(Voter node, PeerListener listener);
  }

  /** A watch that goes on until it is closed. */
  @FunctionalInterface
  public interface Watch extends AutoCloseable {
    @Override
    void close();
  }

  /**
   * Watches nobody yet.
   *
   * @param appeared told of a node that can be reached, again or at first
   * @param gone told of a node that can no longer be reached
   */
  public NodeWatch(
      Watching watching, Consumer<Voter> appeared, Consumer<Voter> gone, LivenessMetrics metrics) {
    this.watching = watching;
    this.appeared = appeared;
    this.gone = gone;
    this.metrics = metrics;
  }

  /** These are the other nodes from now on, as they are reached by data groups. */
  public synchronized void nodes(Collection<Voter> others) {
    if (closed) {
      return;
    }
    var wanted = new HashSet<>(others);
    watches
        .entrySet()
        .removeIf(entry -> {
          if (wanted.contains(entry.getKey())) {
            return false;
          }
          entry.getValue().close();
          reachable.remove(entry.getKey());
          return true;
        });
    for (var node : wanted) {
      watches.computeIfAbsent(node, added -> watching.watch(added, listener(added)));
    }
  }

  /** The ids of the nodes that answer. */
  public Set<Integer> reachable() {
    return reachable.stream().map(Voter::nodeId).collect(Collectors.toSet());
  }

  private PeerListener listener(Voter node) {
    return new PeerListener() {
      @Override
      public void reachable() {
        LOG.info("Node {} can be reached", node.nodeId());
        reachable.add(node);
        appeared.accept(node);
      }

      @Override
      public void unreachable(String reason) {
        LOG.warn("Node {} cannot be reached any more: {}", node.nodeId(), reason);
        metrics.peerLost();
        reachable.remove(node);
        gone.accept(node);
      }
    };
  }

  @Override
  public synchronized void close() {
    closed = true;
    watches.values().forEach(Watch::close);
    watches.clear();
  }
}
