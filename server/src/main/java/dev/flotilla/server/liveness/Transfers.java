package dev.flotilla.server.liveness;

import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.LongSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Hands partitions over to other nodes, a few at a time. Any thread may call; it is blocked. */
final class Transfers {

  private static final Logger LOG = LoggerFactory.getLogger(Transfers.class);

  private final int sideBySide;
  private final Duration patience;
  private final LongSupplier nanoTime;
  private final LivenessMetrics metrics;

  record Transfer(LedPartition partition, int to) {}

  /**
   * Transfers.
   *
   * @param sideBySide how many go on at a time
   * @param patience how long each may take at most
   */
  Transfers(int sideBySide, Duration patience, LongSupplier nanoTime, LivenessMetrics metrics) {
    this.sideBySide = sideBySide;
    this.patience = patience;
    this.nanoTime = nanoTime;
    this.metrics = metrics;
  }

  /**
   * Returns, when all are over or the time is, those that did not come about. Those whose turn had
   * not come by then were not begun. An interrupt ends it at once.
   *
   * @param within the time of all of them together
   */
  List<Transfer> run(List<Transfer> transfers, Duration within) throws InterruptedException {
    var end = nanoTime.getAsLong() + within.toNanos();
    var permits = new Semaphore(sideBySide);
    var running = new LinkedHashMap<Transfer, Future<Boolean>>();
    var failed = new ArrayList<Transfer>();
    try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
      try {
        for (var transfer : transfers) {
          running.put(
              transfer,
              threads.submit(() -> {
                permits.acquire();
                try {
                  return transfer(transfer, end);
                } finally {
                  permits.release();
                }
              }));
        }
        for (var each : running.entrySet()) {
          if (!each.getValue().get()) {
            failed.add(each.getKey());
          }
        }
      } finally {
        // Where this was interrupted; to close would wait for each to run out of patience.
        threads.shutdownNow();
      }
    } catch (ExecutionException e) {
      throw new IllegalStateException(e.getCause());
    }
    return failed;
  }

  private boolean transfer(Transfer transfer, long end) throws InterruptedException {
    var left = end - nanoTime.getAsLong();
    if (left <= 0) {
      return false;
    }
    CompletableFuture<Void> moved = transfer.partition().transferTo(transfer.to());
    try {
      moved.get(Math.min(left, patience.toNanos()), TimeUnit.NANOSECONDS);
      metrics.transferred();
      return true;
    } catch (ExecutionException | TimeoutException e) {
      metrics.transferFailed();
      LOG.debug("{} was not handed over to node {}", transfer.partition(), transfer.to(), e);
      return false;
    }
  }
}
