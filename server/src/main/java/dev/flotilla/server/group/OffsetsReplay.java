package dev.flotilla.server.group;

import dev.flotilla.raft.ReplicatedLog;
import dev.flotilla.storage.LogStore.FirstBatch;
import dev.flotilla.storage.Slice;
import java.nio.ByteBuffer;
import java.util.function.BooleanSupplier;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.record.internal.ControlRecordType;
import org.apache.kafka.common.record.internal.MemoryRecords;
import org.apache.kafka.common.record.internal.MutableRecordBatch;
import org.apache.kafka.common.record.internal.Record;
import org.apache.kafka.common.requests.TransactionResult;
import org.apache.kafka.coordinator.common.runtime.CoordinatorPlayback;
import org.apache.kafka.coordinator.common.runtime.CoordinatorRecord;
import org.apache.kafka.coordinator.common.runtime.Deserializer;
import org.apache.kafka.coordinator.group.GroupCoordinatorRecordSerde;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Plays a log's records to a coordinator, which afterwards has written and committed exactly up to
 * the log's end, wherever its last record lies: compaction may have left none at the tail.
 */
final class OffsetsReplay {

  private static final Logger LOG = LoggerFactory.getLogger(OffsetsReplay.class);

  /**
   * A coordinator keeps what changed since the last commit for reverting; it is told of a commit at
   * least each time this many offsets were played.
   */
  private static final long COMMIT_INTERVAL_OFFSETS = 16_384;

  private final TopicPartition partition;
  private final CoordinatorPlayback<CoordinatorRecord> coordinator;
  private final GroupCoordinatorRecordSerde serde = new GroupCoordinatorRecordSerde();
  private long committed;
  private long records;
  private long bytes;

  OffsetsReplay(TopicPartition partition, CoordinatorPlayback<CoordinatorRecord> coordinator) {
    this.partition = partition;
    this.coordinator = coordinator;
  }

  /** How many records were played. */
  long records() {
    return records;
  }

  /** How many bytes their batches had. */
  long bytes() {
    return bytes;
  }

  /**
   * Plays all committed records below {@code end}.
   *
   * @param proceed asked before each read; the replay stops when it says no
   * @return whether all was played
   */
  boolean run(ReplicatedLog log, long end, int readBytes, BooleanSupplier proceed) {
    long next = log.logStartOffset();
    while (next < end) {
      if (!proceed.getAsBoolean()) {
        return false;
      }
      long before = next;
      try (Slice slice = log.read(next, readBytes, FirstBatch.WHOLE)) {
        for (ByteBuffer buffer : slice.buffers()) {
          next = play(buffer, next);
        }
      }
      if (next == before) {
        break;
      }
    }
    commit(end);
    return true;
  }

  private long play(ByteBuffer buffer, long next) {
    for (MutableRecordBatch batch : MemoryRecords.readableRecords(buffer).batches()) {
      if (batch.isControlBatch()) {
        playMarkers(batch);
      } else {
        for (Record record : batch) {
          records++;
          play(batch, record);
        }
      }
      bytes += batch.sizeInBytes();
      next = Math.max(next, batch.nextOffset());
      if (next - committed >= COMMIT_INTERVAL_OFFSETS) {
        commit(next);
      }
    }
    return next;
  }

  private void playMarkers(MutableRecordBatch batch) {
    for (Record record : batch) {
      records++;
      switch (ControlRecordType.parse(record.key())) {
        case COMMIT ->
            coordinator.replayEndTransactionMarker(
                batch.producerId(), batch.producerEpoch(), TransactionResult.COMMIT);
        case ABORT ->
            coordinator.replayEndTransactionMarker(
                batch.producerId(), batch.producerEpoch(), TransactionResult.ABORT);
        default -> LOG.warn("A control record of no use at {} of {}", record.offset(), partition);
      }
    }
  }

  private void play(MutableRecordBatch batch, Record record) {
    CoordinatorRecord played;
    try {
      played = serde.deserialize(record.key(), record.value());
    } catch (Deserializer.UnknownRecordTypeException e) {
      LOG.warn(
          "A record of unknown type {} at {} of {}, passed over",
          e.unknownType(),
          record.offset(),
          partition);
      return;
    }
    coordinator.replay(record.offset(), batch.producerId(), batch.producerEpoch(), played);
  }

  private void commit(long end) {
    if (end > committed) {
      coordinator.updateLastWrittenOffset(end);
      coordinator.updateLastCommittedOffset(end);
      committed = end;
    }
  }
}
