package dev.flotilla.server.partition;

import java.util.ArrayDeque;
import java.util.Collection;
import java.util.Optional;
import org.apache.kafka.common.errors.InvalidProducerEpochException;
import org.apache.kafka.common.errors.OutOfOrderSequenceException;

/**
 * What one producer wrote last to a partition: its epoch and its last five batches of that epoch,
 * as many as a client may have in flight. Not safe for several threads.
 */
final class ProducerLog {

  /** How many batches are remembered: the most an idempotent client has in flight. */
  static final int BATCHES = 5;

  /**
   * A batch that was appended.
   *
   * @param maxTimestampMs its largest record timestamp: of a topic with {@code LogAppendTime} the
   *     leader's clock
   */
  record Batch(
      int baseSequence, int lastSequence, long baseOffset, long lastOffset, long maxTimestampMs) {}

  private final long producerId;
  private final ArrayDeque<Batch> batches;
  private short epoch;

  /** The log's clock when it last appended, ms. */
  private long lastAppendMs;

  ProducerLog(long producerId, short epoch, long lastAppendMs, Collection<Batch> batches) {
    this.producerId = producerId;
    this.epoch = epoch;
    this.lastAppendMs = lastAppendMs;
    this.batches = new ArrayDeque<>(batches);
  }

  ProducerLog copy() {
    return new ProducerLog(producerId, epoch, lastAppendMs, batches);
  }

  long producerId() {
    return producerId;
  }

  short epoch() {
    return epoch;
  }

  long lastAppendMs() {
    return lastAppendMs;
  }

  Collection<Batch> batches() {
    return batches;
  }

  /** The batch with exactly these sequences in this epoch, if it is among the last. */
  Optional<Batch> duplicateOf(ProducerStamp stamp) {
    if (stamp.epoch() != epoch) {
      return Optional.empty();
    }
    return batches.stream()
        .filter(batch ->
            batch.baseSequence() == stamp.baseSequence()
                && batch.lastSequence() == stamp.lastSequence())
        .findFirst();
  }

  /**
   * Refuses a batch that does not continue what the producer wrote.
   *
   * @throws InvalidProducerEpochException if a newer epoch has written
   * @throws OutOfOrderSequenceException if a record is missing before it, or it repeats one that is
   *     too old to be recognised; or if it begins an epoch with another sequence than 0
   */
  void checkContinuedBy(ProducerStamp stamp, String partition) {
    if (stamp.epoch() < epoch) {
      throw new InvalidProducerEpochException(
          "producer %d has epoch %d in %s, a batch came with %d"
              .formatted(producerId, epoch, partition, stamp.epoch()));
    }
    if (stamp.epoch() > epoch) {
      if (stamp.baseSequence() != 0) {
        throw new OutOfOrderSequenceException(
            "producer %d began epoch %d in %s with sequence %d"
                .formatted(producerId, stamp.epoch(), partition, stamp.baseSequence()));
      }
      return;
    }
    int last = batches.getLast().lastSequence();
    if (!stamp.follows(last)) {
      throw new OutOfOrderSequenceException(
          "producer %d ended with sequence %d in %s, a batch came with %d"
              .formatted(producerId, last, partition, stamp.baseSequence()));
    }
  }

  /** Remembers a batch that was appended; a new epoch forgets those of the old. */
  void append(short batchEpoch, Batch batch, long clockMs) {
    if (batchEpoch != epoch) {
      batches.clear();
      epoch = batchEpoch;
    }
    if (batches.size() == BATCHES) {
      batches.removeFirst();
    }
    batches.addLast(batch);
    lastAppendMs = clockMs;
  }
}
