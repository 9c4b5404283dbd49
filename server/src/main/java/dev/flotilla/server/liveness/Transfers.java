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
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Hands partitions over to other nodes, a few at a time. Any thread may call; it is blocked. */
final class Transfers {

  private static final Logger LOG = LoggerFactory.getLogger(Transfers.class);

  private final int sideBySide;
  private final Duration patience;
  private final LivenessMetrics metrics;

  record Transfer(LedPartition partition, int to) {}

  /**
   * Transfers.
   *
   * @param sideBySide how many go on at a time
   * @param patience how long each may take
   */
  Transfers(int sideBySide, Duration patience, LivenessMetrics metrics) {
    this.sideBySide = sideBySide;
    this.patience = patience;
    this.metrics = metrics;
  }

  /** Returns, when all are over, those that failed. */
  List<Transfer> run(List<Transfer> transfers) throws InterruptedException {
    var permits = new Semaphore(sideBySide);
    var running = new LinkedHashMap<Transfer, Future<Boolean>>();
    var failed = new ArrayList<Transfer>();
    try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
      for (var transfer : transfers) {
        running.put(
            transfer,
            threads.submit(() -> {
              permits.acquire();
              try {
                return transfer(transfer);
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
    } catch (ExecutionException e) {
      throw new IllegalStateException(e.getCause());
    }
    return failed;
  }

  private boolean transfer(Transfer transfer) throws InterruptedException {
    CompletableFuture<Void> moved = transfer.partition().transferTo(transfer.to());
    try {
      moved.get(patience.toMillis(), TimeUnit.MILLISECONDS);
      metrics.transferred();
      return true;
    } catch (ExecutionException | TimeoutException e) {
      metrics.transferFailed();
      LOG.debug("{} was not handed over to node {}", transfer.partition(), transfer.to(), e);
      return false;
    }
  }
}
