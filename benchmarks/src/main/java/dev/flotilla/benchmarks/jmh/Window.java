package dev.flotilla.benchmarks.jmh;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.concurrent.CompletableFuture;

/**
 * Appends that are not complete yet, up to a number: whoever adds one more waits until half of them
 * are, so that it is not woken for each. Not safe for threads.
 */
final class Window {

  private final Deque<CompletableFuture<Void>> open = new ArrayDeque<>();
  private final int limit;

  Window(int limit) {
    this.limit = limit;
  }

  void add(CompletableFuture<Void> append) {
    if (append.isDone() && open.isEmpty()) {
      append.join();
      return;
    }
    open.add(append);
    if (open.size() >= limit) {
      drainTo(limit / 2);
    }
  }

  /** Waits until all are complete. */
  void drain() {
    drainTo(0);
  }

  private void drainTo(int left) {
    // The last one of them to complete: waiting for it wakes the thread once.
    int completing = open.size() - left;
    open.stream().skip(Math.max(0, completing - 1)).findFirst().ifPresent(CompletableFuture::join);
    for (int i = 0; i < completing; i++) {
      open.remove().join();
    }
  }
}
