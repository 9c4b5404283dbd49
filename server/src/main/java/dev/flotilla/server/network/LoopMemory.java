package dev.flotilla.server.network;

import java.nio.ByteBuffer;
import org.apache.kafka.common.memory.MemoryPool;
import org.jspecify.annotations.Nullable;

/**
 * {@link RequestMemory} as the selector of one loop sees it. The selector stops reading a
 * connection it got no memory for, and tries again once {@link #isOutOfMemory} is false.
 *
 * <p>That is false only when memory came back since the last refusal: otherwise a frame that still
 * does not fit would be tried again at each poll. No return is missed: a loop notes the number of
 * returns before it asks, a return counts before it looks for refusals.
 */
final class LoopMemory implements MemoryPool {

  private static final long NOT_REFUSED = -1;

  private final RequestMemory memory;
  private final Runnable wakeup;

  // What RequestMemory.returned said before the last refusal. The loop writes, threads that give
  // memory back and other loops read.
  private volatile long refusedAt = NOT_REFUSED;
  private volatile long refusedLargeAt = NOT_REFUSED;

  LoopMemory(RequestMemory memory, Runnable wakeup) {
    this.memory = memory;
    this.wakeup = wakeup;
  }

  @Override
  public @Nullable ByteBuffer tryAllocate(int bytes) {
    boolean large = RequestMemory.isLarge(bytes);
    long returned = memory.returned(large);
    if (!memory.take(bytes)) {
      if (large) {
        refusedLargeAt = returned;
      } else {
        refusedAt = returned;
      }
      return null;
    }
    ByteBuffer buffer = null;
    try {
      buffer = ByteBuffer.allocate(bytes);
      return buffer;
    } finally {
      if (buffer == null) {
        memory.giveBack(bytes);
      }
    }
  }

  @Override
  public void release(ByteBuffer buffer) {
    memory.giveBack(buffer.capacity());
  }

  @Override
  public long size() {
    return memory.limitBytes();
  }

  @Override
  public long availableMemory() {
    return memory.available();
  }

  /** Called by the loop alone, before it polls. */
  @Override
  public boolean isOutOfMemory() {
    if (mayTryAgain()) {
      refusedAt = NOT_REFUSED;
      refusedLargeAt = NOT_REFUSED;
    }
    return isWaiting();
  }

  /** Whether a frame of this loop was refused and not tried again since. Any thread may ask. */
  boolean isWaiting() {
    return refusedAt != NOT_REFUSED || refusedLargeAt != NOT_REFUSED;
  }

  /** Called by any thread after memory was given back. */
  void memoryReturned() {
    if (mayTryAgain()) {
      wakeup.run();
    }
  }

  private boolean mayTryAgain() {
    long usual = refusedAt;
    long large = refusedLargeAt;
    return (usual != NOT_REFUSED && usual != memory.returned(false))
        || (large != NOT_REFUSED && large != memory.returned(true));
  }
}
