package dev.flotilla.server.group;

import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.utils.Time;
import org.apache.kafka.coordinator.common.runtime.CoordinatorLoader;
import org.apache.kafka.coordinator.common.runtime.CoordinatorPlayback;
import org.apache.kafka.coordinator.common.runtime.CoordinatorRecord;

/**
 * Rebuilds coordinators from their partitions' logs, on a few platform threads, since a load reads
 * the disk and computes. A load waits, without a thread, until nothing written here before is in
 * flight.
 */
final class OffsetsLoader implements CoordinatorLoader<CoordinatorRecord> {

  private static final int THREADS = 2;

  private final OffsetsPartitions partitions;
  private final Time time;
  private final int readBytes;
  private final ScheduledThreadPoolExecutor threads;

  /**
   * @param readBytes how much of a log is read at a time
   */
  OffsetsLoader(OffsetsPartitions partitions, Time time, int readBytes) {
    this.partitions = partitions;
    this.time = time;
    this.readBytes = readBytes;
    this.threads =
        new ScheduledThreadPoolExecutor(
            THREADS,
            Thread.ofPlatform().name("group-loader-", 0).factory(),
            new ThreadPoolExecutor.DiscardPolicy());
    threads.setExecuteExistingDelayedTasksAfterShutdownPolicy(false);
  }

  /** The future never completes if the coordinator is resigned before it is loaded. */
  @Override
  public CompletableFuture<LoadSummary> load(
      TopicPartition partition, CoordinatorPlayback<CoordinatorRecord> coordinator) {
    OffsetsPartition offsets = partitions.of(partition);
    var loaded = new CompletableFuture<LoadSummary>();
    offsets
        .beginLoad()
        .ifPresent(tenure ->
            later(new OffsetsLoad(offsets, tenure, coordinator, loaded, this), Duration.ZERO));
    return loaded;
  }

  Time time() {
    return time;
  }

  int readBytes() {
    return readBytes;
  }

  /** Runs a step of a load after a delay, never once the loader is closed. */
  void later(Runnable step, Duration delay) {
    var _ = threads.schedule(step, delay.toNanos(), TimeUnit.NANOSECONDS);
  }

  /** Interrupts what is being loaded. */
  @Override
  public void close() {
    threads.shutdownNow();
  }
}
