package dev.flotilla.server.network;

import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;

/**
 * The node's one budget for the memory of requests, from the moment a frame's size is known until
 * its handling has ended. It counts; buffers are on the heap.
 *
 * <p>As in Kafka's {@code SimpleMemoryPool} a request is admitted while any memory is left, so the
 * budget may be exceeded by one frame. Large frames may hold half of the budget and no more: those
 * who announce them and send nothing cannot keep the usual requests out.
 *
 * <p>Any thread may call any method. What wakes loops is called without a lock.
 */
final class RequestMemory {

  /** A Java producer's {@code max.request.size} and what surrounds it is not large. */
  static final int LARGE_FRAME_BYTES = (1 << 20) + (64 << 10);

  private final long limitBytes;
  private final List<LoopMemory> loops = new CopyOnWriteArrayList<>();

  // Guarded by this.
  private long smallInUse;
  private long largeInUse;

  // How often memory came back, written under this lock and read by loops: a loop that was refused
  // may try again only when the number has changed.
  private volatile long returned;
  private volatile long returnedLarge;

  RequestMemory(long limitBytes) {
    if (limitBytes <= 0) {
      throw new IllegalArgumentException("limit " + limitBytes);
    }
    this.limitBytes = limitBytes;
  }

  /** The budget as one loop's selector sees it; {@code wakeup} is called when memory came back. */
  LoopMemory forLoop(Runnable wakeup) {
    var loop = new LoopMemory(this, wakeup);
    loops.add(loop);
    return loop;
  }

  synchronized boolean take(int bytes) {
    if (isLarge(bytes)) {
      if (largeInUse >= limitBytes / 2 || available() <= 0) {
        return false;
      }
      largeInUse += bytes;
    } else {
      if (available() <= 0) {
        return false;
      }
      smallInUse += bytes;
    }
    return true;
  }

  void giveBack(int bytes) {
    synchronized (this) {
      // A large frame is refused for either of two reasons; without memory any return may end it.
      if (isLarge(bytes) || available() <= 0) {
        returnedLarge++;
      }
      if (isLarge(bytes)) {
        largeInUse -= bytes;
      } else {
        smallInUse -= bytes;
      }
      returned++;
    }
    for (var loop : loops) {
      loop.memoryReturned();
    }
  }

  static boolean isLarge(int bytes) {
    return bytes > LARGE_FRAME_BYTES;
  }

  /** Changes whenever a frame of that kind might be admitted that was refused before. */
  long returned(boolean large) {
    return large ? returnedLarge : returned;
  }

  long limitBytes() {
    return limitBytes;
  }

  synchronized long bytesInUse() {
    return smallInUse + largeInUse;
  }

  /** What is left for usual requests; negative while the budget is exceeded. */
  synchronized long available() {
    return limitBytes - smallInUse - Math.min(largeInUse, limitBytes / 2);
  }

  /** Whether a connection of any loop waits for memory. */
  boolean isAwaited() {
    return loops.stream().anyMatch(LoopMemory::isWaiting);
  }
}
