package dev.flotilla.server;

import dev.flotilla.server.liveness.Handover;
import dev.flotilla.server.liveness.LivenessMetrics;
import dev.flotilla.server.metadata.Metadata;
import dev.flotilla.server.partition.Partitions;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Hands over the leadership of partitions, then that of the metadata. */
final class Farewell {

  private static final Logger LOG = LoggerFactory.getLogger(Farewell.class);

  private static final Duration PARTITIONS = Duration.ofSeconds(8);
  private static final Duration METADATA = Duration.ofSeconds(2);

  private final NodeMetadata cluster;
  private final Handover handover;

  /**
   * Hands nothing over yet.
   *
   * @param serving the nodes that may take over
   */
  Farewell(
      NodeMetadata cluster,
      Partitions partitions,
      Supplier<Set<Integer>> serving,
      LivenessMetrics metrics) {
    this.cluster = cluster;
    this.handover =
        new Handover(
            partitions::led,
            () -> leadersByNode(cluster.metadata()),
            serving,
            System::nanoTime,
            metrics);
  }

  private static Map<Integer, Integer> leadersByNode(Metadata metadata) {
    var leaders = new HashMap<Integer, Integer>();
    metadata
        .image()
        .topics()
        .topicsById()
        .values()
        .forEach(topic ->
            topic
                .partitions()
                .values()
                .forEach(partition -> leaders.merge(partition.leader, 1, Integer::sum)));
    return leaders;
  }

  /** Returns when it is done or its time is over. */
  void handOver() throws InterruptedException {
    int left = handover.run(PARTITIONS);
    if (left > 0) {
      LOG.warn("{} partitions are led here to the end: others elect a leader then", left);
    }
    try {
      cluster.group().handOver(METADATA).get(METADATA.toMillis(), TimeUnit.MILLISECONDS);
    } catch (ExecutionException | TimeoutException e) {
      LOG.warn("The leadership of the metadata was not handed over: others elect then", e);
    }
  }
}
