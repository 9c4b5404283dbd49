package dev.flotilla.server.group;

import java.util.concurrent.CompletableFuture;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.NotLeaderOrFollowerException;
import org.apache.kafka.common.errors.UnsupportedVersionException;
import org.apache.kafka.common.record.internal.MemoryRecords;
import org.apache.kafka.coordinator.common.runtime.PartitionWriter;
import org.apache.kafka.storage.internals.log.LogConfig;
import org.apache.kafka.storage.internals.log.VerificationGuard;

/**
 * Writes what Kafka's coordinators change into their partitions' logs. An append returns the log
 * end that the coordinator predicted and does not wait for the commit, of which it hears later.
 */
final class OffsetsWriter implements PartitionWriter {

  private final OffsetsPartitions partitions;
  private final LogConfig config;

  OffsetsWriter(OffsetsPartitions partitions, LogConfig config) {
    this.partitions = partitions;
    this.config = config;
  }

  @Override
  public void registerListener(TopicPartition partition, Listener listener) {
    partitions.of(partition).register(listener);
  }

  @Override
  public void deregisterListener(TopicPartition partition, Listener listener) {
    partitions.of(partition).deregister(listener);
  }

  /** Only its largest batch size is asked for. */
  @Override
  public LogConfig config(TopicPartition partition) {
    return config;
  }

  /** The records are copied: the coordinator uses their buffer again after the call. */
  @Override
  public long append(
      TopicPartition partition,
      VerificationGuard guard,
      MemoryRecords records,
      short transactionVersion) {
    return partitions.of(partition).append(CoordinatorBatch.copyOf(records));
  }

  @Override
  public CompletableFuture<VerificationGuard> maybeStartTransactionVerification(
      TopicPartition partition,
      String transactionalId,
      long producerId,
      short producerEpoch,
      int apiVersion) {
    return CompletableFuture.failedFuture(
        new UnsupportedVersionException("transactions are not served"));
  }

  @Override
  public CompletableFuture<Void> deleteRecords(TopicPartition partition, long beforeOffset) {
    return partitions
        .of(partition)
        .log()
        .map(log -> log.moveLogStart(beforeOffset))
        .orElseGet(() ->
            CompletableFuture.failedFuture(
                new NotLeaderOrFollowerException(partition + " is not here")));
  }
}
