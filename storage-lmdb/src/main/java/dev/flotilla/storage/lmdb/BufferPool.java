package dev.flotilla.storage.lmdb;

import java.nio.ByteBuffer;
import java.util.Deque;
import java.util.concurrent.ConcurrentLinkedDeque;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Direct buffers that reads are copied to, kept for the next one, up to a sum. Sizes are powers of
 * two; larger ones than are kept go to the garbage collector. Safe for threads.
 */
final class BufferPool {

  private static final int LEAST_SHIFT = 12;
  private static final int MOST_SHIFT = 22;

  private final long maxKeptBytes;
  private final AtomicLong keptBytes = new AtomicLong();
  private final Deque<ByteBuffer>[] idle;

  @SuppressWarnings({"unchecked", "rawtypes"}) // an array of one kind of queue
  BufferPool(long maxKeptBytes) {
    this.maxKeptBytes = maxKeptBytes;
    this.idle = new Deque[MOST_SHIFT + 1];
    for (int shift = LEAST_SHIFT; shift <= MOST_SHIFT; shift++) {
      idle[shift] = new ConcurrentLinkedDeque<>();
    }
  }

  /** An empty buffer of at least so many bytes, all of them below its limit. */
  ByteBuffer take(int bytes) {
    int shift = shift(bytes);
    if (shift > MOST_SHIFT) {
      return ByteBuffer.allocateDirect(bytes);
    }
    ByteBuffer kept = idle[shift].pollFirst();
    if (kept == null) {
      return ByteBuffer.allocateDirect(1 << shift);
    }
    keptBytes.addAndGet(-kept.capacity());
    return kept.clear();
  }

  /** Takes a buffer back that nobody reads any more. */
  void give(ByteBuffer buffer) {
    int shift = shift(buffer.capacity());
    boolean ofThePool = shift <= MOST_SHIFT && buffer.capacity() == 1 << shift;
    if (ofThePool && keptBytes.addAndGet(buffer.capacity()) <= maxKeptBytes) {
      idle[shift].addFirst(buffer);
    } else if (ofThePool) {
      keptBytes.addAndGet(-buffer.capacity());
    }
  }

  private static int shift(int bytes) {
    return Math.max(
        LEAST_SHIFT, Integer.SIZE - Integer.numberOfLeadingZeros(Math.max(1, bytes - 1)));
  }
}
