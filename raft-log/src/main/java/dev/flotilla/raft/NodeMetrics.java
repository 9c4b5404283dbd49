package dev.flotilla.raft;

import com.codahale.metrics.Counter;
import com.codahale.metrics.Gauge;
import com.codahale.metrics.Histogram;
import com.codahale.metrics.MetricRegistry;
import com.codahale.metrics.Timer;
import dev.flotilla.storage.FlushListener;
import java.util.Collection;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.function.ToLongFunction;

/**
 * The metrics of a Raft server, of all its groups together: a set of them for each of a thousand
 * groups would cost more than it tells.
 */
final class NodeMetrics implements AppendListener, AutoCloseable {

  private final MetricRegistry registry;
  private final Counter appends;
  private final Counter appendBytes;
  private final Counter entries;
  private final Counter applied;
  private final Histogram batchesOfEntry;
  private final Histogram recordsOfEntry;

  /** What is registered here. Touched by the threads that start and close the node. */
  private final List<String> gauges = new CopyOnWriteArrayList<>();

  NodeMetrics(MetricRegistry registry) {
    this.registry = registry;
    this.appends = registry.counter("raft.appends");
    this.appendBytes = registry.counter("raft.append.bytes");
    this.entries = registry.counter("raft.entries");
    this.applied = registry.counter("raft.applied");
    this.batchesOfEntry = registry.histogram("raft.entry.batches");
    this.recordsOfEntry = registry.histogram("raft.entry.records");
  }

  @Override
  public void submitted(int batches, int payloadBytes) {
    entries.inc();
    appendBytes.inc(payloadBytes);
    batchesOfEntry.update(batches);
  }

  @Override
  public void applied(int batches) {
    appends.inc(batches);
  }

  /** An entry of records was appended by a leader here. */
  void appended(int records) {
    recordsOfEntry.update(records);
  }

  /** An entry was applied, of whichever kind, on whichever replica. */
  void applied() {
    applied.inc();
  }

  /** Hears of the flushes of an engine. */
  FlushListener flushesOf(String engine) {
    Timer time = registry.timer("storage." + engine + ".flush");
    Histogram entriesOfFlush = registry.histogram("storage." + engine + ".flush.entries");
    Counter bytesFlushed = registry.counter("storage." + engine + ".flush.bytes");
    return (flushed, bytes, nanos) -> {
      time.update(nanos, TimeUnit.NANOSECONDS);
      entriesOfFlush.update(flushed);
      bytesFlushed.inc(bytes);
    };
  }

  /** Shows sums over replicas. */
  void watch(Collection<Replica> replicas) {
    gauge("raft.replicas", replicas, replica -> 1);
    gauge("raft.index.last", replicas, replica -> replica.memory().tail().lastIndex());
    gauge("raft.index.flushed", replicas, replica -> replica.memory().flushIndex());
    gauge("raft.index.committed", replicas, Replica::commitIndex);
    gauge("raft.index.applied", replicas, replica -> replica.state().last().getIndex());
  }

  private void gauge(String name, Collection<Replica> replicas, ToLongFunction<Replica> value) {
    Gauge<Long> gauge = () -> replicas.stream().mapToLong(value).sum();
    register(name, gauge);
  }

  /** Shows what waits for appends. */
  void watch(QueueBudget budget) {
    Gauge<Long> gauge = budget::usedBytes;
    register("raft.queue.bytes", gauge);
  }

  /** Sums over one node: those of two would hide each other, so the second is refused. */
  private void register(String name, Gauge<Long> gauge) {
    registry.register(name, gauge);
    gauges.add(name);
  }

  /** Takes what it watches out of the registry; the counters stay. */
  @Override
  public void close() {
    gauges.forEach(registry::remove);
  }
}
