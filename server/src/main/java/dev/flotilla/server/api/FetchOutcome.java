package dev.flotilla.server.api;

import dev.flotilla.server.partition.Partition;
import dev.flotilla.storage.Slice;
import org.apache.kafka.common.protocol.Errors;

/** What one pass of a fetch finds for one partition. */
sealed interface FetchOutcome {

  /** Bytes of records that it holds. */
  default int bytes() {
    return 0;
  }

  /**
   * Records, perhaps none.
   *
   * @param partition the partition
   * @param epoch the leader epoch it was read in
   * @param readTo the high watermark just before the read
   * @param highWatermark the one just after
   * @param logStartOffset the log start
   * @param records lent by the log until closed
   */
  record Records(
      Partition partition,
      int epoch,
      long readTo,
      long highWatermark,
      long logStartOffset,
      Slice records)
      implements FetchOutcome {
    @Override
    public int bytes() {
      return records.bytes();
    }
  }

  /** The consumer holds records that this log does not: it truncates to where the logs part. */
  record Diverging(Partition.EpochEnd end, long highWatermark, long logStartOffset)
      implements FetchOutcome {}

  /** Nothing but an error. */
  record Failed(Errors error) implements FetchOutcome {}
}
