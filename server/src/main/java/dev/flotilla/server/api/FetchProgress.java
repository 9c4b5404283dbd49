package dev.flotilla.server.api;

import dev.flotilla.server.partition.Partition;
import dev.flotilla.server.partition.Partitions;

/**
 * What a waiting fetch knows of one partition since it last read it. Bytes are counted by entry
 * headers, each entry once. Used by one thread at a time, but for {@link #changed}.
 */
final class FetchProgress {

  private final Partitions partitions;
  private final Partition partition;
  private final int epoch;
  private final int maxBytes;

  /** Records below this offset are in {@code bytes}. */
  private volatile long countedTo;

  private long bytes;

  /**
   * Goes on from a read.
   *
   * @param maxBytes what the request allows for the partition: more than that does not count
   */
  FetchProgress(Partitions partitions, FetchOutcome.Records read, int maxBytes) {
    this.partitions = partitions;
    this.partition = read.partition();
    this.epoch = read.epoch();
    this.maxBytes = maxBytes;
    this.countedTo = read.readTo();
    this.bytes = read.bytes();
  }

  Partition partition() {
    return partition;
  }

  /** Whether reading again would tell something else. */
  boolean changed() {
    return ended() || partition.log().highWatermark() > countedTo;
  }

  /** Whether the partition is not served any more as it was when the fetch came. */
  boolean ended() {
    return !partition.serves(epoch)
        || partitions.find(partition.topicPartition()).orElse(null) != partition;
  }

  /** Bytes that a read would return, up to the partition's limit; an estimate. */
  long bytes() {
    if (partition.log().highWatermark() > countedTo) {
      partition
          .log()
          .headers(
              countedTo,
              header -> {
                bytes += header.batchBytes();
                countedTo = Math.max(countedTo, header.endOffset());
              });
    }
    return Math.min(bytes, maxBytes);
  }
}
