package dev.flotilla.server.liveness;

import dev.flotilla.server.liveness.Transfers.Transfer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Gives away, before a node stops, all that it leads: to replicas that are caught up, so that they
 * lead at once, and evenly, so that no node gets it all. What cannot be handed over in time is
 * elected anew when the node is gone.
 */
public final class Handover {

  private static final Logger LOG = LoggerFactory.getLogger(Handover.class);

  /**
   * So soon it is looked again what can be handed over, when nothing could be: no serving node has
   * a replica that is caught up, or all such have just failed to take over. Whether a replica is
   * caught up a leader says only when it is asked.
   */
  private static final Duration PAUSE = Duration.ofMillis(50);

  private static final int SIDE_BY_SIDE = 32;
  private static final Duration PATIENCE = Duration.ofSeconds(2);

  private final Supplier<List<LedPartition>> led;
  private final Supplier<Map<Integer, Integer>> leadersByNode;
  private final Supplier<Set<Integer>> serving;
  private final Transfers transfers;
  private final LongSupplier nanoTime;

  /**
   * Hands nothing over yet.
   *
   * @param led what this node leads now
   * @param leadersByNode how many partitions each node leads, as far as is known
   * @param serving the other nodes that serve clients
   */
  public Handover(
      Supplier<List<LedPartition>> led,
      Supplier<Map<Integer, Integer>> leadersByNode,
      Supplier<Set<Integer>> serving,
      LongSupplier nanoTime,
      LivenessMetrics metrics) {
    this.led = led;
    this.leadersByNode = leadersByNode;
    this.serving = serving;
    this.nanoTime = nanoTime;
    this.transfers = new Transfers(SIDE_BY_SIDE, PATIENCE, nanoTime, metrics);
  }

  /**
   * Hands over until nothing is led here that another node could lead, or the time is over: then it
   * waits for no transfer any more. Returns how many partitions are still led here.
   */
  public int run(Duration within) throws InterruptedException {
    var end = nanoTime.getAsLong() + within.toNanos();
    var failed = new HashSet<Transfer>();
    var done = 0;
    while (true) {
      var left = led.get();
      var remaining = Duration.ofNanos(end - nanoTime.getAsLong());
      if (left.isEmpty() || !couldMove(left) || !remaining.isPositive()) {
        LOG.info("{} partitions were handed over, {} are led here still", done, left.size());
        return left.size();
      }
      var planned = plan(left, failed);
      var failedNow = transfers.run(planned, remaining);
      done += planned.size() - failedNow.size();
      failed.addAll(failedNow);
      if (planned.isEmpty()) {
        failed.clear();
        Thread.sleep(PAUSE);
      }
    }
  }

  /** Whether waiting may help: a serving node has a replica, even if it is not caught up now. */
  private boolean couldMove(List<LedPartition> left) {
    var others = serving.get();
    return left.stream()
        .anyMatch(partition -> partition.replicas().stream().anyMatch(others::contains));
  }

  /**
   * Each goes to that of its candidates that leads least, with what it is about to get; not to one
   * that failed to take it, until all have.
   */
  private List<Transfer> plan(List<LedPartition> partitions, Set<Transfer> failed) {
    var others = serving.get();
    var leaders = new HashMap<>(leadersByNode.get());
    var plan = new ArrayList<Transfer>();
    for (var partition : partitions) {
      partition.caughtUp().stream()
          .filter(others::contains)
          .map(node -> new Transfer(partition, node))
          .filter(transfer -> !failed.contains(transfer))
          .min(Comparator.comparingInt(transfer -> leaders.getOrDefault(transfer.to(), 0)))
          .ifPresent(transfer -> {
            leaders.merge(transfer.to(), 1, Integer::sum);
            plan.add(transfer);
          });
    }
    return plan;
  }
}
