package dev.flotilla.raft;

import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.LongSupplier;

/**
 * How many bytes of entries that were read from disks for followers may be in memory at once, in
 * all groups of a node together.
 *
 * <p>A lease ends when its follower has answered that it has the entry, or its appender has ended;
 * and when it is old: a request that is not answered within its timeout is given up, and Ratis does
 * not say so.
 *
 * <p>Any thread may call.
 */
final class ColdReadBudget {

  private record Lease(long index, int bytes, long deadlineNanos) {}

  private final long maxBytes;
  private final long leaseNanos;
  private final LongSupplier nanoClock;

  /** By appender, the oldest first. Changed under this object's lock only. */
  private final Map<Object, Deque<Lease>> leases = new ConcurrentHashMap<>();

  private long leased;

  /**
   * A budget.
   *
   * @param maxBytes what all may hold
   * @param requestTimeout when an unanswered request is given up
   * @param nanoClock a clock that never goes back
   */
  ColdReadBudget(long maxBytes, Duration requestTimeout, LongSupplier nanoClock) {
    this.maxBytes = maxBytes;
    this.leaseNanos = requestTimeout.toNanos();
    this.nanoClock = nanoClock;
  }

  /**
   * Takes bytes for an entry that an appender sends, if there are any; a single entry is always let
   * through.
   */
  synchronized boolean tryAcquire(Object appender, long index, int bytes) {
    long now = nanoClock.getAsLong();
    if (!fits(bytes)) {
      endOldOnes(now);
    }
    if (!fits(bytes)) {
      return false;
    }
    leases
        .computeIfAbsent(appender, first -> new ArrayDeque<>())
        .addLast(new Lease(index, bytes, now + leaseNanos));
    leased += bytes;
    return true;
  }

  /** The entry that an appender took bytes for last was not read. */
  synchronized void returned(Object appender) {
    Deque<Lease> held = leases.get(appender);
    if (held != null && !held.isEmpty()) {
      leased -= held.removeLast().bytes();
    }
  }

  /** The follower of an appender has all up to an entry. Cheap for one that leases nothing. */
  void answered(Object appender, long index) {
    if (leases.containsKey(appender)) {
      endUpTo(appender, index);
    }
  }

  private synchronized void endUpTo(Object appender, long index) {
    Deque<Lease> held = leases.getOrDefault(appender, new ArrayDeque<>());
    while (!held.isEmpty() && held.getFirst().index() <= index) {
      leased -= held.removeFirst().bytes();
    }
    if (held.isEmpty()) {
      leases.remove(appender);
    }
  }

  /** An appender sends no more. */
  synchronized void ended(Object appender) {
    Deque<Lease> held = leases.remove(appender);
    if (held != null) {
      held.forEach(lease -> leased -= lease.bytes());
    }
  }

  private boolean fits(int bytes) {
    return leased == 0 || leased + bytes <= maxBytes;
  }

  private void endOldOnes(long now) {
    for (Deque<Lease> held : leases.values()) {
      while (!held.isEmpty() && held.getFirst().deadlineNanos() - now <= 0) {
        leased -= held.removeFirst().bytes();
      }
    }
  }

  synchronized long leasedBytes() {
    return leased;
  }
}
