package dev.flotilla.server.partition;

import dev.flotilla.raft.AppendBatch;
import java.nio.ByteBuffer;
import java.util.Optional;
import org.apache.kafka.common.record.internal.RecordBatch;

/**
 * A validated batch of a produce request, on its way into a log.
 *
 * <p>Its bytes are a slice of the received frame until it is written into an entry. Who gives the
 * frame back before that, because the client is not waiting any more, calls {@link #detach} first.
 *
 * <p>A batch begins, whatever its codec, with these fields, which its checksum leaves out:
 *
 * <pre>
 *  0  base offset              8 bytes
 *  8  length                   4
 * 12  partition leader epoch   4
 * </pre>
 */
public final class ProducedBatch implements AppendBatch {

  private static final int BASE_OFFSET_AT = 0;
  private static final int LEADER_EPOCH_AT = 12;

  private final Optional<ProducerStamp> producer;
  private final int offsetSpan;
  private final int sizeBytes;
  private final long maxTimestampMs;

  /** Guarded by this: a slice of the frame, then of a copy. */
  private ByteBuffer bytes;

  /** Guarded by this: the frame, or the copy, is not read any more. */
  private boolean written;

  /**
   * Wraps the only batch that a buffer holds.
   *
   * @param header the batch, for its header
   * @param bytes its bytes from position to limit
   * @param maxTimestampMs the largest timestamp of its records
   */
  ProducedBatch(RecordBatch header, ByteBuffer bytes, long maxTimestampMs) {
    this.producer =
        header.hasProducerId()
            ? Optional.of(
                new ProducerStamp(
                    header.producerId(),
                    header.producerEpoch(),
                    header.baseSequence(),
                    header.lastSequence()))
            : Optional.empty();
    this.offsetSpan = Math.toIntExact(header.lastOffset() - header.baseOffset() + 1);
    this.sizeBytes = header.sizeInBytes();
    this.maxTimestampMs = maxTimestampMs;
    this.bytes = bytes.slice(bytes.position(), sizeBytes);
  }

  /** Who wrote it, where the producer is idempotent. */
  Optional<ProducerStamp> producer() {
    return producer;
  }

  @Override
  public int offsetSpan() {
    return offsetSpan;
  }

  @Override
  public int sizeBytes() {
    return sizeBytes;
  }

  @Override
  public long maxTimestampMs() {
    return maxTimestampMs;
  }

  @Override
  public synchronized void writeTo(ByteBuffer target, long baseOffset, int leaderEpoch) {
    int start = target.position();
    target.put(bytes.duplicate());
    target.putLong(start + BASE_OFFSET_AT, baseOffset);
    target.putInt(start + LEADER_EPOCH_AT, leaderEpoch);
    written = true;
  }

  /**
   * Lets go of the received frame: when it returns, the batch is in an entry or has a copy of its
   * own.
   */
  public synchronized void detach() {
    if (!written) {
      bytes = ByteBuffer.allocate(sizeBytes).put(bytes.duplicate()).flip();
    }
  }
}
