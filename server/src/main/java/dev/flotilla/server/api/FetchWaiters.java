package dev.flotilla.server.api;

import dev.flotilla.raft.Leadership;
import dev.flotilla.server.partition.Partition;
import dev.flotilla.server.partition.PartitionListener;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.kafka.common.TopicIdPartition;

/**
 * The purgatory of fetches: those that wait, by partition. They are woken by a new high watermark,
 * by a change of leadership, by the deletion of a partition, and by time. Any thread may call;
 * nothing blocks.
 */
public final class FetchWaiters implements PartitionListener {

  private final ScheduledExecutorService timer;
  private final int limit;
  private final AtomicInteger waiting = new AtomicInteger();
  private final ConcurrentMap<TopicIdPartition, Set<PendingFetch>> byPartition =
      new ConcurrentHashMap<>();

  /**
   * A purgatory without fetches.
   *
   * @param timer ends waits; runs short tasks that do not block
   * @param limit so many may wait; one more is answered at once with what there is
   */
  public FetchWaiters(ScheduledExecutorService timer, int limit) {
    this.timer = timer;
    this.limit = limit;
  }

  /** How many fetches wait. */
  public int waiting() {
    return waiting.get();
  }

  /** Lets a fetch wait for at most that long. */
  void add(PendingFetch fetch, int maxWaitMs) {
    if (waiting.incrementAndGet() > limit) {
      waiting.decrementAndGet();
      fetch.endWait();
      return;
    }
    for (FetchProgress progress : fetch.progress()) {
      byPartition.compute(
          progress.partition().id(),
          (id, fetches) -> {
            Set<PendingFetch> all = fetches != null ? fetches : ConcurrentHashMap.newKeySet();
            all.add(fetch);
            return all;
          });
    }
    ScheduledFuture<?> timeOver = timer.schedule(fetch::endWait, maxWaitMs, TimeUnit.MILLISECONDS);
    var _ =
        fetch
            .answer()
            .whenComplete((answered, failed) -> {
              timeOver.cancel(false);
              remove(fetch);
            });
    // What happened between its first pass and its registration woke nobody.
    if (fetch.changed()) {
      fetch.wake();
    }
  }

  private void remove(PendingFetch fetch) {
    waiting.decrementAndGet();
    for (FetchProgress progress : fetch.progress()) {
      byPartition.computeIfPresent(
          progress.partition().id(),
          (id, fetches) -> {
            fetches.remove(fetch);
            return fetches.isEmpty() ? null : fetches;
          });
    }
  }

  @Override
  public void highWatermarkChanged(Partition partition, long highWatermark) {
    wake(partition);
  }

  @Override
  public void leadershipChanged(Partition partition, Leadership leadership) {
    wake(partition);
  }

  @Override
  public void deleted(Partition partition) {
    wake(partition);
  }

  private void wake(Partition partition) {
    Set<PendingFetch> fetches = byPartition.get(partition.id());
    if (fetches != null) {
      fetches.forEach(PendingFetch::wake);
    }
  }
}
