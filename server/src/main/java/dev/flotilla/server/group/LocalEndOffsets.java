package dev.flotilla.server.group;

import dev.flotilla.raft.Leadership;
import dev.flotilla.raft.ReplicatedLog;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Collectors;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.server.util.PartitionMetadataClient;

/** End offsets of the partitions that are led here; Kafka asks for share groups' lag only. */
final class LocalEndOffsets implements PartitionMetadataClient {

  private static final long NO_OFFSET = -1;

  private final LogLookup logs;

  LocalEndOffsets(LogLookup logs) {
    this.logs = logs;
  }

  @Override
  public Map<TopicPartition, CompletableFuture<OffsetResponse>> listLatestOffsets(
      Set<TopicPartition> partitions) {
    return partitions.stream()
        .collect(
            Collectors.toMap(
                partition -> partition,
                partition -> CompletableFuture.completedFuture(latest(partition))));
  }

  private OffsetResponse latest(TopicPartition partition) {
    ReplicatedLog log = logs.logOf(partition);
    return log != null && log.leadership() instanceof Leadership.Ready
        ? new OffsetResponse(log.highWatermark(), Errors.NONE)
        : new OffsetResponse(NO_OFFSET, Errors.NOT_LEADER_OR_FOLLOWER);
  }

  @Override
  public void close() {}
}
