package dev.flotilla.server.partition;

import dev.flotilla.raft.ReplicatedLog;
import dev.flotilla.storage.EntryHeader;
import dev.flotilla.storage.LogStore.FirstBatch;
import dev.flotilla.storage.Slice;
import java.nio.ByteBuffer;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicReference;
import org.apache.kafka.common.record.internal.MemoryRecords;
import org.apache.kafka.common.record.internal.Record;
import org.apache.kafka.common.record.internal.RecordBatch;

/**
 * Finds offsets of committed records in one partition's log, by time and at its ends. Entries are
 * found by their headers; then the batches of one entry are read. May block on a disk.
 */
public final class OffsetLookup {

  private final ReplicatedLog log;

  public OffsetLookup(Partition partition) {
    this.log = partition.log();
  }

  /**
   * An offset that was found.
   *
   * @param timestampMs timestamp of the record there, -1 where none was looked for
   * @param offset the offset, -1 if there is none
   * @param epoch leader epoch of the record there, -1 if it is not known
   */
  public record Found(long timestampMs, long offset, int epoch) {
    /** Nothing is there. */
    public static final Found NOTHING = new Found(-1, -1, -1);
  }

  /** The offset after the last record that a consumer can read. */
  public Found latest(int leaderEpoch) {
    return new Found(RecordBatch.NO_TIMESTAMP, log.highWatermark(), leaderEpoch);
  }

  /** The offset of the first record kept, or to come. */
  public Found earliest(int leaderEpoch) {
    long start = log.logStartOffset();
    try (Slice first = log.read(start, 0, FirstBatch.WHOLE)) {
      for (ByteBuffer bytes : first.buffers()) {
        for (RecordBatch batch : MemoryRecords.readableRecords(bytes).batches()) {
          return new Found(RecordBatch.NO_TIMESTAMP, start, batch.partitionLeaderEpoch());
        }
      }
    }
    return new Found(RecordBatch.NO_TIMESTAMP, start, leaderEpoch);
  }

  /** The first record with a timestamp at or above a time. */
  public Optional<Found> atOrAfter(long timestampMs) {
    Optional<EntryHeader> entry = log.entryOfTime(timestampMs);
    while (entry.isPresent()) {
      Optional<Found> found = inEntry(entry.get(), timestampMs);
      if (found.isPresent()) {
        return found;
      }
      // The record that the header told of lies below the log start, within the first entry.
      entry = firstFrom(entry.get().endOffset(), timestampMs);
    }
    return Optional.empty();
  }

  private Optional<EntryHeader> firstFrom(long offset, long timestampMs) {
    AtomicReference<EntryHeader> first = new AtomicReference<>();
    log.headers(
        offset,
        header -> {
          if (header.baseOffset() >= offset && header.maxTimestampMs() >= timestampMs) {
            first.compareAndSet(null, header);
          }
        });
    return Optional.ofNullable(first.get());
  }

  private Optional<Found> inEntry(EntryHeader entry, long timestampMs) {
    long start = Math.max(entry.baseOffset(), log.logStartOffset());
    try (Slice payload = log.read(start, entry.batchBytes(), FirstBatch.WHOLE)) {
      for (ByteBuffer bytes : payload.buffers()) {
        for (RecordBatch batch : MemoryRecords.readableRecords(bytes).batches()) {
          if (batch.maxTimestamp() < timestampMs) {
            continue;
          }
          for (Record record : batch) {
            if (record.timestamp() >= timestampMs && record.offset() >= start) {
              return Optional.of(
                  new Found(record.timestamp(), record.offset(), batch.partitionLeaderEpoch()));
            }
          }
        }
      }
    }
    return Optional.empty();
  }

  /** The first record that has the largest timestamp of all. */
  public Optional<Found> ofLargestTimestamp() {
    return log.entryOfLargestTimestamp().flatMap(entry -> inEntry(entry, entry.maxTimestampMs()));
  }
}
