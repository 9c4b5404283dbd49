package dev.flotilla.server;

import dev.flotilla.server.metadata.Metadata;
import dev.flotilla.server.metadata.Reconciler;
import dev.flotilla.server.metadata.Replica;
import java.time.Duration;
import java.util.Arrays;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.BooleanSupplier;
import org.apache.kafka.common.TopicIdPartition;
import org.apache.kafka.image.MetadataImage;
import org.apache.kafka.metadata.PartitionRegistration;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The leaders of the partitions that a starting node has replicas of. A client that connects to a
 * ready node finds them where there can be any soon. Not for long: a partition may have lost its
 * replicas, or its other nodes are down, and the others must not wait for it.
 */
final class FirstLeaders {

  private static final Logger LOG = LoggerFactory.getLogger(FirstLeaders.class);

  private final int nodeId;
  private final Metadata metadata;
  private final Reconciler reconciler;
  private final BooleanSupplier converting;

  /**
   * Waits for nothing yet.
   *
   * @param converting whether replicas here are being moved to another storage engine: that takes
   *     as long as it takes, and a node that is ready before would look as if it could do without
   *     the others
   */
  FirstLeaders(int nodeId, Metadata metadata, Reconciler reconciler, BooleanSupplier converting) {
    this.nodeId = nodeId;
    this.metadata = metadata;
    this.reconciler = reconciler;
    this.converting = converting;
  }

  /** Returns when this node knows the leaders of all replicas here that run, or after a while. */
  void await(Duration atMost) throws InterruptedException {
    long deadline = System.nanoTime() + atMost.toNanos();
    while (!within(reconciler.opened(), deadline) && converting.getAsBoolean()) {
      deadline = System.nanoTime() + atMost.toNanos();
    }
    // No image tells of a replica that is quarantined: it must be known before one is looked at.
    if (!within(reconciler.opened(), deadline)) {
      LOG.warn("Some replicas on this node are not open yet");
    } else if (!within(
        metadata.when(image -> leaderless(image, reconciler.quarantined().keySet()) == 0),
        deadline)) {
      LOG.warn(
          "{} partitions with a replica on this node have no leader so far",
          leaderless(metadata.image(), reconciler.quarantined().keySet()));
    }
  }

  private static boolean within(CompletableFuture<?> future, long deadline)
      throws InterruptedException {
    try {
      future.get(Math.max(0, deadline - System.nanoTime()), TimeUnit.NANOSECONDS);
      return true;
    } catch (TimeoutException e) {
      future.cancel(false);
      return false;
    } catch (ExecutionException e) {
      throw new IllegalStateException(e.getCause());
    }
  }

  private long leaderless(MetadataImage image, Set<UUID> quarantined) {
    return image.topics().topicsById().values().stream()
        .mapToLong(topic ->
            topic.partitions().entrySet().stream()
                .filter(each -> each.getValue().leader < 0 && isHere(each.getValue()))
                .map(each -> new TopicIdPartition(topic.id(), each.getKey(), topic.name()))
                .filter(partition -> !quarantined.contains(Replica.of(partition).group()))
                .count())
        .sum();
  }

  private boolean isHere(PartitionRegistration partition) {
    return Arrays.stream(partition.replicas).anyMatch(replica -> replica == nodeId);
  }
}
