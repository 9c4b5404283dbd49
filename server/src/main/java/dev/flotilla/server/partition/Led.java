package dev.flotilla.server.partition;

import dev.flotilla.server.liveness.LedPartition;
import java.time.Duration;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;

/** A partition that is led here, as others may take it over. */
record Led(Partition partition, UUID group, List<Integer> replicas, ReplicaLogs logs)
    implements LedPartition {

  private static final Duration TRANSFER_TIMEOUT = Duration.ofSeconds(2);

  /** In the order of the replicas. */
  @Override
  public List<Integer> caughtUp() {
    var caughtUp = logs.caughtUp(group);
    return replicas.stream().filter(caughtUp::contains).toList();
  }

  @Override
  public CompletableFuture<Void> transferTo(int nodeId) {
    return logs.transferLeadership(group, nodeId, TRANSFER_TIMEOUT);
  }

  @Override
  public String toString() {
    return partition.toString();
  }
}
