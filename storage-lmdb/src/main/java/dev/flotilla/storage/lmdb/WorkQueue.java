package dev.flotilla.storage.lmdb;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** What waits for the commit thread, first come first served. Safe for threads. */
final class WorkQueue {

  private static final Logger LOG = LoggerFactory.getLogger(WorkQueue.class);

  private final Deque<Work> waiting = new ArrayDeque<>();
  private boolean closed;

  /** Whether it was taken: none is once the queue is closed. */
  synchronized boolean add(Work work) {
    if (!closed) {
      waiting.addLast(work);
      notifyAll();
    }
    return !closed;
  }

  /** Waits for work; null when there will be none: the queue is closed, and empty. */
  synchronized @Nullable Work next() {
    while (waiting.isEmpty() && !closed) {
      try {
        wait();
      } catch (InterruptedException e) {
        // Nobody has the commit thread to interrupt it; what waits is not given up.
        LOG.debug("The commit thread was interrupted", e);
      }
    }
    return waiting.pollFirst();
  }

  /** What waits the longest, null if nothing does. */
  synchronized @Nullable Work poll() {
    return waiting.pollFirst();
  }

  /** Puts works back in front that were taken last, in their order. */
  synchronized void putBack(List<Work> taken) {
    taken.reversed().forEach(waiting::addFirst);
  }

  /** Takes no more; what waits still comes. */
  synchronized void close() {
    closed = true;
    notifyAll();
  }
}
