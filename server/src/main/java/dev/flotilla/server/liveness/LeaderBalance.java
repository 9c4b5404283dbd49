package dev.flotilla.server.liveness;

import dev.flotilla.server.liveness.Transfers.Transfer;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Returns leadership to the preferred replicas: what a node led before it stopped comes back to it
 * when it is there again and has caught up. Each node looks at what it leads itself.
 */
public final class LeaderBalance {

  private static final Logger LOG = LoggerFactory.getLogger(LeaderBalance.class);

  /** Few: each costs the clients of its partition a moment. */
  private static final int SIDE_BY_SIDE = 4;

  private static final Duration PATIENCE = Duration.ofSeconds(5);

  /** What did not go back by then does so another time. */
  private static final Duration WITHIN = Duration.ofMinutes(1);

  private final int nodeId;
  private final Supplier<List<LedPartition>> led;
  private final Supplier<Set<Integer>> serving;
  private final Transfers transfers;

  /**
   * Moves nothing yet.
   *
   * @param led what this node leads now
   * @param serving the other nodes that serve clients
   */
  public LeaderBalance(
      int nodeId,
      Supplier<List<LedPartition>> led,
      Supplier<Set<Integer>> serving,
      LongSupplier nanoTime,
      LivenessMetrics metrics) {
    this.nodeId = nodeId;
    this.led = led;
    this.serving = serving;
    this.transfers = new Transfers(SIDE_BY_SIDE, PATIENCE, nanoTime, metrics);
  }

  /** Gives to others what they should lead and can. Returns how many partitions moved. */
  public int run() throws InterruptedException {
    var others = serving.get();
    var wanted =
        led.get().stream()
            .map(partition -> new Transfer(partition, partition.replicas().getFirst()))
            .filter(transfer -> transfer.to() != nodeId && others.contains(transfer.to()))
            .filter(transfer -> transfer.partition().caughtUp().contains(transfer.to()))
            .toList();
    var moved = wanted.size() - transfers.run(wanted, WITHIN).size();
    if (!wanted.isEmpty()) {
      LOG.info("{} of {} partitions went back to their preferred leaders", moved, wanted.size());
    }
    return moved;
  }
}
