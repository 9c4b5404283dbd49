package dev.flotilla.server.api;

import dev.flotilla.raft.Appended;
import dev.flotilla.server.partition.LogErrors;
import dev.flotilla.server.partition.ProducedBatch;
import java.util.concurrent.CompletableFuture;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.message.ProduceRequestData.TopicProduceData;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.record.TimestampType;
import org.jspecify.annotations.Nullable;

/**
 * What becomes of one partition of a produce request.
 *
 * @param topic the topic as the request names it
 * @param index the partition's index
 * @param place the partition by name, as far as it is known
 * @param timestampType who sets the timestamps of the topic's records
 * @param batch the batch, null if it was refused
 * @param appended its outcome
 */
record ProducedPartition(
    TopicProduceData topic,
    int index,
    TopicPartition place,
    TimestampType timestampType,
    @Nullable ProducedBatch batch,
    CompletableFuture<Appended> appended) {

  /** Lets go of the request's frame. */
  void detach() {
    if (batch != null && !appended.isDone()) {
      batch.detach();
    }
  }

  /** The protocol's error as of now: a timeout while the outcome is open. */
  Errors error() {
    return switch (appended.state()) {
      case RUNNING -> Errors.REQUEST_TIMED_OUT;
      case SUCCESS -> Errors.NONE;
      case FAILED -> LogErrors.of(appended.exceptionNow());
      case CANCELLED -> Errors.UNKNOWN_SERVER_ERROR;
    };
  }

  /** The timestamp that the leader gave the records, -1 where they keep their own. */
  long logAppendTimeMs(Appended outcome) {
    if (timestampType != TimestampType.LOG_APPEND_TIME || batch == null) {
      return -1;
    }
    return switch (outcome.origin()) {
      case STORED -> batch.maxTimestampMs();
      case DUPLICATE -> outcome.appendTimeMs();
    };
  }
}
