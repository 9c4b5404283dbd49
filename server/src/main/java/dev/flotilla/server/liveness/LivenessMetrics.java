package dev.flotilla.server.liveness;

import com.codahale.metrics.Counter;
import com.codahale.metrics.Gauge;
import com.codahale.metrics.MetricRegistry;
import java.util.function.IntSupplier;

/** What nodes learn of each other, in numbers. Any thread may call. */
public final class LivenessMetrics {

  private final MetricRegistry registry;
  private final Counter heartbeatsFailed;
  private final Counter peersLost;
  private final Counter pushes;
  private final Counter pushesFailed;
  private final Counter transfers;
  private final Counter transfersFailed;

  public LivenessMetrics(MetricRegistry registry) {
    this.registry = registry;
    heartbeatsFailed = registry.counter("cluster.heartbeats.failed");
    peersLost = registry.counter("cluster.peers.lost");
    pushes = registry.counter("leadership.pushes");
    pushesFailed = registry.counter("leadership.pushes.failed");
    transfers = registry.counter("leadership.transfers");
    transfersFailed = registry.counter("leadership.transfers.failed");
  }

  /** Shows how many nodes are registered and how many of them are fenced. */
  public void nodes(IntSupplier registered, IntSupplier fenced) {
    registry.register("cluster.nodes", (Gauge<Integer>) registered::getAsInt);
    registry.register("cluster.nodes.fenced", (Gauge<Integer>) fenced::getAsInt);
  }

  /** Shows how many partitions this node leads. */
  public void led(IntSupplier partitions) {
    registry.register("leadership.partitions", (Gauge<Integer>) partitions::getAsInt);
  }

  void heartbeatFailed() {
    heartbeatsFailed.inc();
  }

  void peerLost() {
    peersLost.inc();
  }

  void pushed() {
    pushes.inc();
  }

  void pushFailed() {
    pushesFailed.inc();
  }

  void transferred() {
    transfers.inc();
  }

  void transferFailed() {
    transfersFailed.inc();
  }
}
