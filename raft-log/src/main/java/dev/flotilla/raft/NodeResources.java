package dev.flotilla.raft;

import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.Executor;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;

/** What all replicas of a node share: engines, threads, budgets and a clock that ticks. */
final class NodeResources implements AutoCloseable {

  /** What one log keeps for followers that are not there: a thousand logs must fit the heap. */
  static final long RECENT_BYTES_PER_LOG = 256 << 10;

  private static final long COLD_READ_BYTES = 64L << 20;
  private static final Duration REQUEST_TIMEOUT = Duration.ofSeconds(3);
  private static final Duration CHECKPOINT_INTERVAL = Duration.ofSeconds(30);
  private static final Duration RETRY_INTERVAL = Duration.ofSeconds(2);

  private final EngineCatalog engines;
  private final Conversions conversions;
  private final QueueBudget queueBudget;
  private final ColdReads coldReads;
  private final ExecutorService background = Executors.newVirtualThreadPerTaskExecutor();
  private final ScheduledExecutorService timer;
  private final ConcurrentMap<Replica, ScheduledFuture<?>> ticking = new ConcurrentHashMap<>();

  NodeResources(RaftNodeConfig config, NodeMetrics metrics) {
    String node = config.self().peerId();
    this.engines = new EngineCatalog(config, Optional.empty(), metrics::flushesOf);
    this.conversions = new Conversions(engines, config.defaultEngine(), System::nanoTime);
    this.queueBudget = new QueueBudget(config.queueBytes());
    int requestBytes = config.maxEntryBytes() + RatisSettings.ENTRY_OVERHEAD_BYTES;
    ColdReadBudget budget =
        new ColdReadBudget(
            Math.max(COLD_READ_BYTES, requestBytes), REQUEST_TIMEOUT, System::nanoTime);
    this.coldReads = new ColdReads(budget, config.maxEntryBytes(), node);
    this.timer =
        Executors.newSingleThreadScheduledExecutor(
            Thread.ofPlatform().daemon().name(node + "-timer").factory());
    metrics.watch(queueBudget);
  }

  EngineCatalog engines() {
    return engines;
  }

  /** Moves replicas to other engines. */
  Conversions conversions() {
    return conversions;
  }

  QueueBudget queueBudget() {
    return queueBudget;
  }

  ColdReads coldReads() {
    return coldReads;
  }

  /** Runs what may wait: for a disk, or for a lock of Raft. Drops nothing: somebody may wait. */
  Executor background() {
    return task -> {
      try {
        background.execute(task);
      } catch (RejectedExecutionException e) {
        // The node is closing; the task finds that out by itself, and says so to who waits for it.
        Thread.ofVirtual().start(task);
      }
    };
  }

  /** For what recurs. Nothing on it may block. */
  ScheduledExecutorService timer() {
    return timer;
  }

  /** Checkpoints a replica that changes every 30 s, each at another moment. */
  void keepCheckpointed(Replica replica) {
    long interval = CHECKPOINT_INTERVAL.toMillis();
    long first = ThreadLocalRandom.current().nextLong(interval / 2, interval);
    ticking.put(
        replica,
        timer.scheduleWithFixedDelay(replica::tick, first, interval, TimeUnit.MILLISECONDS));
  }

  void forget(Replica replica) {
    ScheduledFuture<?> tick = ticking.remove(replica);
    if (tick != null) {
      tick.cancel(false);
    }
  }

  /** Tries something that may block, until it says that it is done. */
  void retry(BooleanSupplier attempt) {
    try {
      var _ =
          timer.schedule(
              () ->
                  background()
                      .execute(() -> {
                        if (!attempt.getAsBoolean()) {
                          retry(attempt);
                        }
                      }),
              RETRY_INTERVAL.toMillis(),
              TimeUnit.MILLISECONDS);
    } catch (RejectedExecutionException e) {
      if (!timer.isShutdown()) {
        throw e;
      }
    }
  }

  @Override
  public void close() {
    timer.shutdownNow();
    coldReads.close();
    background.shutdown();
    try {
      if (!background.awaitTermination(10, TimeUnit.SECONDS)) {
        background.shutdownNow();
      }
    } catch (InterruptedException e) {
      background.shutdownNow();
      Thread.currentThread().interrupt();
    }
    conversions.close();
    engines.close();
  }
}
