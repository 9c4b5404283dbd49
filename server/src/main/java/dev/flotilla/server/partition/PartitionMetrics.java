package dev.flotilla.server.partition;

import com.codahale.metrics.Counter;
import com.codahale.metrics.Meter;
import com.codahale.metrics.MetricRegistry;
import com.codahale.metrics.Timer;
import java.util.EnumMap;
import java.util.Map;
import java.util.function.IntSupplier;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.storage.internals.log.LogValidator;

/** What produce and fetch requests do to partitions, in the node's registry. */
public final class PartitionMetrics implements LogValidator.MetricsRecorder {

  private final MetricRegistry registry;
  private final Meter producedBatches;
  private final Meter producedRecords;
  private final Meter producedBytes;
  private final Meter duplicates;
  private final Meter fetchedBytes;
  private final Timer fetchReads;
  private final Counter invalidMagic;
  private final Counter invalidOffset;
  private final Counter invalidSequence;
  private final Counter invalidChecksum;
  private final Counter keyless;
  private final Map<Errors, Counter> produceErrors = new EnumMap<>(Errors.class);
  private final Map<Errors, Counter> fetchErrors = new EnumMap<>(Errors.class);

  public PartitionMetrics(MetricRegistry registry) {
    this.registry = registry;
    producedBatches = registry.meter("produce.batches");
    producedRecords = registry.meter("produce.records");
    producedBytes = registry.meter("produce.bytes");
    duplicates = registry.meter("produce.duplicates");
    fetchedBytes = registry.meter("fetch.bytes");
    fetchReads = registry.timer("fetch.reads");
    invalidMagic = registry.counter("produce.invalid.magic");
    invalidOffset = registry.counter("produce.invalid.offset");
    invalidSequence = registry.counter("produce.invalid.sequence");
    invalidChecksum = registry.counter("produce.invalid.checksum");
    keyless = registry.counter("produce.invalid.keyless");
  }

  /** A batch was taken into a log's queue. */
  public void queued(ProducedBatch batch) {
    producedBatches.mark();
    producedRecords.mark(batch.offsetSpan());
    producedBytes.mark(batch.sizeBytes());
  }

  /** A batch was in the log already. */
  public void duplicate() {
    duplicates.mark();
  }

  /** A partition of a produce request was answered with an error. */
  public synchronized void produceFailed(Errors error) {
    count(produceErrors, "produce.errors.", error);
  }

  /** A partition of a fetch request was answered with an error. */
  public synchronized void fetchFailed(Errors error) {
    count(fetchErrors, "fetch.errors.", error);
  }

  private void count(Map<Errors, Counter> counters, String prefix, Errors error) {
    counters.computeIfAbsent(error, first -> registry.counter(prefix + first.name())).inc();
  }

  /** Times one pass of a fetch over its partitions. */
  public Timer.Context fetchRead() {
    return fetchReads.time();
  }

  /** Record bytes go out. */
  public void fetched(long bytes) {
    fetchedBytes.mark(bytes);
  }

  /** Shows how many fetches wait for records. */
  public void waiters(IntSupplier waiting) {
    registry.gauge("fetch.waiters", () -> waiting::getAsInt);
  }

  @Override
  public void recordInvalidMagic() {
    invalidMagic.inc();
  }

  @Override
  public void recordInvalidOffset() {
    invalidOffset.inc();
  }

  @Override
  public void recordInvalidSequence() {
    invalidSequence.inc();
  }

  @Override
  public void recordInvalidChecksums() {
    invalidChecksum.inc();
  }

  @Override
  public void recordNoKeyCompactedTopic() {
    keyless.inc();
  }
}
