package dev.flotilla.raft;

import java.util.concurrent.atomic.AtomicLong;

/**
 * How many bytes may wait for an append in all logs of a node together. Whoever acquires bytes
 * releases them once. Any thread may call any method.
 */
final class QueueBudget {

  private final long limitBytes;
  private final AtomicLong usedBytes = new AtomicLong();

  QueueBudget(long limitBytes) {
    if (limitBytes <= 0) {
      throw new IllegalArgumentException("a budget of " + limitBytes + " bytes");
    }
    this.limitBytes = limitBytes;
  }

  /** Takes bytes if they fit; never waits. */
  boolean tryAcquire(int bytes) {
    long used = usedBytes.get();
    while (used + bytes <= limitBytes) {
      if (usedBytes.compareAndSet(used, used + bytes)) {
        return true;
      }
      used = usedBytes.get();
    }
    return false;
  }

  /** Gives acquired bytes back. */
  void release(int bytes) {
    if (usedBytes.addAndGet(-bytes) < 0) {
      throw new IllegalStateException("released more than was acquired");
    }
  }

  long limitBytes() {
    return limitBytes;
  }

  long usedBytes() {
    return usedBytes.get();
  }
}
