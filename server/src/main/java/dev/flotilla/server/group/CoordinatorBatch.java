package dev.flotilla.server.group;

import dev.flotilla.raft.AppendBatch;
import java.nio.ByteBuffer;
import java.util.Iterator;
import org.apache.kafka.common.record.internal.MemoryRecords;
import org.apache.kafka.common.record.internal.MutableRecordBatch;

/** The one batch that a coordinator writes at a time, in memory of its own. */
final class CoordinatorBatch implements AppendBatch {

  private final byte[] bytes;
  private final int offsetSpan;
  private final long maxTimestampMs;

  private CoordinatorBatch(byte[] bytes, int offsetSpan, long maxTimestampMs) {
    this.bytes = bytes;
    this.offsetSpan = offsetSpan;
    this.maxTimestampMs = maxTimestampMs;
  }

  /**
   * Copies records that hold exactly one batch.
   *
   * @throws IllegalArgumentException if there are more or fewer
   */
  static CoordinatorBatch copyOf(MemoryRecords records) {
    Iterator<MutableRecordBatch> batches = records.batches().iterator();
    if (!batches.hasNext()) {
      throw new IllegalArgumentException("no batch to append");
    }
    MutableRecordBatch batch = batches.next();
    if (batches.hasNext()) {
      throw new IllegalArgumentException("more than one batch to append");
    }
    byte[] bytes = new byte[batch.sizeInBytes()];
    batch.writeTo(ByteBuffer.wrap(bytes));
    int span = Math.toIntExact(batch.nextOffset() - batch.baseOffset());
    return new CoordinatorBatch(bytes, span, batch.maxTimestamp());
  }

  @Override
  public int offsetSpan() {
    return offsetSpan;
  }

  @Override
  public int sizeBytes() {
    return bytes.length;
  }

  @Override
  public long maxTimestampMs() {
    return maxTimestampMs;
  }

  @Override
  public void writeTo(ByteBuffer target, long baseOffset, int leaderEpoch) {
    int position = target.position();
    target.put(bytes);
    ByteBuffer written = target.slice(position, bytes.length);
    MutableRecordBatch batch = MemoryRecords.readableRecords(written).batches().iterator().next();
    batch.setLastOffset(baseOffset + offsetSpan - 1);
    batch.setPartitionLeaderEpoch(leaderEpoch);
  }
}
