package dev.flotilla.raft;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;

/**
 * Knows up to which index a log is durable, and who waits for more.
 *
 * <p>A flush acknowledges writes, in the order in which they were handed over, and never an index
 * as such: a write that began before a truncation does not vouch for the entries that took the
 * place of its own.
 *
 * <p>Guarded by its log's lock, except for reading {@link #flushIndex}. Futures are handed back to
 * be completed outside of that lock.
 */
final class FlushTracker {

  /** A write that was handed to the store. */
  static final class Write {
    /** The last entry it vouches for; a truncation lowers it. */
    private long lastIndex;

    private Write(long lastIndex) {
      this.lastIndex = lastIndex;
    }
  }

  /** Somebody who waits for an entry to be durable. */
  record Waiter(long index, CompletableFuture<Long> future) {
    void complete() {
      future.complete(index);
    }
  }

  private final ArrayDeque<Write> writes = new ArrayDeque<>();
  private final TreeMap<Long, List<Waiter>> waiters = new TreeMap<>();

  /** Written under the log's lock, read by any thread. */
  private volatile long flushIndex;

  FlushTracker(long flushIndex) {
    this.flushIndex = flushIndex;
  }

  /** The last index that is known to be durable. */
  long flushIndex() {
    return flushIndex;
  }

  /** A write is handed over, of which this is the last entry. */
  Write begin(long lastIndex) {
    Write write = new Write(lastIndex);
    writes.add(write);
    return write;
  }

  /** A write, and with it every earlier one, is durable. Returns those who need wait no longer. */
  List<Waiter> finished(Write write) {
    if (!writes.contains(write)) {
      return List.of();
    }
    long durable = flushIndex;
    Write oldest;
    do {
      oldest = writes.remove();
      durable = Math.max(durable, oldest.lastIndex);
    } while (oldest != write);
    flushIndex = durable;
    return removed(waiters.headMap(durable, true));
  }

  /** A future of an entry's index, complete once the entry is durable. */
  CompletableFuture<Long> waitFor(long index) {
    if (index <= flushIndex) {
      return CompletableFuture.completedFuture(index);
    }
    Waiter waiter = new Waiter(index, new CompletableFuture<>());
    waiters.computeIfAbsent(index, key -> new ArrayList<>(1)).add(waiter);
    return waiter.future();
  }

  /** Entries from an index on are gone. Returns those who waited for them in vain. */
  List<Waiter> truncated(long fromIndex) {
    flushIndex = Math.min(flushIndex, fromIndex - 1);
    for (Write write : writes) {
      write.lastIndex = Math.min(write.lastIndex, fromIndex - 1);
    }
    return removed(waiters.tailMap(fromIndex, true));
  }

  /** All content was replaced by a durable base. Returns those who waited in vain. */
  List<Waiter> resetTo(long baseIndex) {
    writes.clear();
    flushIndex = baseIndex;
    return abandoned();
  }

  /** Nothing becomes durable any more. Returns all who waited. */
  List<Waiter> abandoned() {
    return removed(waiters);
  }

  private static List<Waiter> removed(java.util.SortedMap<Long, List<Waiter>> part) {
    List<Waiter> removed = new ArrayList<>();
    part.values().forEach(removed::addAll);
    part.clear();
    return removed;
  }
}
