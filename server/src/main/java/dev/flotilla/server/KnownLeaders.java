package dev.flotilla.server;

import dev.flotilla.raft.Leadership;
import dev.flotilla.server.metadata.Metadata;
import dev.flotilla.server.metadata.Reconciler;
import dev.flotilla.server.partition.Partition;
import dev.flotilla.server.partition.Partitions;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.common.TopicPartition;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Which replicas of a starting node know who leads them. Clients that connect to a ready node
 * should find leaders; but a partition whose other replicas are down has none, and nobody waits for
 * it for long.
 */
final class KnownLeaders {

  private static final Logger LOG = LoggerFactory.getLogger(KnownLeaders.class);
  private static final Duration LOOK_AGAIN = Duration.ofMillis(20);

  private final int nodeId;
  private final Metadata metadata;
  private final Partitions partitions;
  private final Reconciler reconciler;

  KnownLeaders(int nodeId, Metadata metadata, Partitions partitions, Reconciler reconciler) {
    this.nodeId = nodeId;
    this.metadata = metadata;
    this.partitions = partitions;
    this.reconciler = reconciler;
  }

  /** Returns when all replicas here that can be trusted have a leader, or after a while. */
  void await(Duration atMost) throws InterruptedException {
    long deadline = System.nanoTime() + atMost.toNanos();
    while (withoutLeader() > reconciler.quarantined().size()) {
      if (System.nanoTime() - deadline > 0) {
        LOG.warn(
            "{} partitions with a replica on this node have no leader yet: other nodes are down",
            withoutLeader());
        return;
      }
      TimeUnit.NANOSECONDS.sleep(LOOK_AGAIN.toNanos());
    }
  }

  private long withoutLeader() {
    return metadata.image().topics().topicsByName().values().stream()
        .mapToLong(topic ->
            topic.partitions().entrySet().stream()
                .filter(partition -> contains(partition.getValue().replicas))
                .filter(partition -> !isLed(new TopicPartition(topic.name(), partition.getKey())))
                .count())
        .sum();
  }

  private boolean contains(int[] replicas) {
    for (int replica : replicas) {
      if (replica == nodeId) {
        return true;
      }
    }
    return false;
  }

  private boolean isLed(TopicPartition partition) {
    return partitions
        .find(partition)
        .map(Partition::log)
        .map(log ->
            switch (log.leadership()) {
              case Leadership.Ready ready -> true;
              case Leadership.Following following -> following.leaderNodeId().isPresent();
              // Nobody waits for what does not work.
              case Leadership.Failed failed -> true;
              case Leadership.ReadOnly failing -> true;
              case Leadership.NotReady not -> false;
            })
        .orElse(false);
  }
}
