package dev.flotilla.raft;

import java.time.Duration;
import java.util.ArrayDeque;
import java.util.function.LongSupplier;

/**
 * How many bytes of entries that were read from disks for followers may be in memory at once, in
 * all groups of a node together.
 *
 * <p>Ratis does not say when it is done with an entry. But one appender has at most {@value
 * RatisSettings#OUTSTANDING_APPENDS} requests on the way, each of bounded size; what it read longer
 * ago than that many bytes is answered. And a request that is not answered within its timeout is
 * given up. So a lease ends when its appender has read that much more, or when it is old.
 */
final class ColdReadBudget {

  private record Lease(Object appender, int bytes, long deadlineNanos) {}

  private final long maxBytes;
  private final long appenderBytes;
  private final long leaseNanos;
  private final LongSupplier nanoClock;
  private final ArrayDeque<Lease> leases = new ArrayDeque<>();
  private long leased;

  /**
   * A budget.
   *
   * @param maxBytes what all may hold
   * @param requestBytes the largest request
   * @param requestTimeout when an unanswered request is given up
   * @param nanoClock a clock that never goes back
   */
  ColdReadBudget(long maxBytes, int requestBytes, Duration requestTimeout, LongSupplier nanoClock) {
    this.maxBytes = maxBytes;
    this.appenderBytes = (RatisSettings.OUTSTANDING_APPENDS + 1L) * requestBytes;
    this.leaseNanos = requestTimeout.toNanos();
    this.nanoClock = nanoClock;
  }

  /** Takes bytes for an appender if there are any; a single entry is always let through. */
  synchronized boolean tryAcquire(Object appender, int bytes) {
    long now = nanoClock.getAsLong();
    release(appender, bytes, now);
    if (leased > 0 && leased + bytes > maxBytes) {
      return false;
    }
    leases.addLast(new Lease(appender, bytes, now + leaseNanos));
    leased += bytes;
    return true;
  }

  private void release(Object appender, int bytes, long now) {
    long held = bytes;
    for (var newestFirst = leases.descendingIterator(); newestFirst.hasNext(); ) {
      Lease lease = newestFirst.next();
      boolean answered = false;
      if (lease.appender().equals(appender)) {
        held += lease.bytes();
        answered = held > appenderBytes;
      }
      if (answered || lease.deadlineNanos() - now <= 0) {
        newestFirst.remove();
        leased -= lease.bytes();
      }
    }
  }

  synchronized long leasedBytes() {
    return leased;
  }
}
