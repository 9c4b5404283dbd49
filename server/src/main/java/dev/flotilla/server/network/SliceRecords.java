package dev.flotilla.server.network;

import java.nio.ByteBuffer;
import java.util.List;
import org.apache.kafka.common.record.internal.BaseRecords;

/**
 * Record batches in several buffers, sent as if they were one: what a fetch reads from consecutive
 * log entries. The buffers are not copied on their way to the socket; direct ones never reach the
 * heap.
 *
 * <p>The buffers belong to somebody else, who keeps them readable until the response was sent or
 * its connection is gone: {@link Answer.Response#lent}. Their positions are not changed.
 */
public final class SliceRecords implements BaseRecords {

  private final List<ByteBuffer> slices;
  private final int bytes;

  /**
   * Shows what is between position and limit of each buffer, in order.
   *
   * @throws ArithmeticException if together they exceed what a response can carry
   */
  public SliceRecords(List<ByteBuffer> slices) {
    this.slices = List.copyOf(slices);
    int sum = 0;
    for (var slice : this.slices) {
      sum = Math.addExact(sum, slice.remaining());
    }
    this.bytes = sum;
  }

  @Override
  public int sizeInBytes() {
    return bytes;
  }

  @Override
  public SliceRecordsSend toSend() {
    return new SliceRecordsSend(this);
  }

  /** Views of the buffers, with positions that the caller may move. */
  ByteBuffer[] views() {
    return slices.stream().map(ByteBuffer::duplicate).toArray(ByteBuffer[]::new);
  }
}
