package dev.flotilla.server.group;

import dev.flotilla.raft.ReplicatedLog;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import org.apache.kafka.coordinator.common.runtime.CoordinatorLoader.LoadSummary;
import org.apache.kafka.coordinator.common.runtime.CoordinatorPlayback;
import org.apache.kafka.coordinator.common.runtime.CoordinatorRecord;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One load of one coordinator. Waits for its partition to settle, replays the log, and completes;
 * given up as soon as its tenure is over. When it fails, it is tried again in a new tenure.
 */
final class OffsetsLoad implements Runnable {

  private static final Logger LOG = LoggerFactory.getLogger(OffsetsLoad.class);

  private static final Duration UNSETTLED_PAUSE = Duration.ofMillis(5);
  private static final Duration FAILURE_PAUSE = Duration.ofSeconds(2);

  private final OffsetsPartition partition;
  private final Tenure tenure;
  private final CoordinatorPlayback<CoordinatorRecord> coordinator;
  private final CompletableFuture<LoadSummary> loaded;
  private final OffsetsLoader loader;
  private final long askedAtMs;

  OffsetsLoad(
      OffsetsPartition partition,
      Tenure tenure,
      CoordinatorPlayback<CoordinatorRecord> coordinator,
      CompletableFuture<LoadSummary> loaded,
      OffsetsLoader loader) {
    this.partition = partition;
    this.tenure = tenure;
    this.coordinator = coordinator;
    this.loaded = loaded;
    this.loader = loader;
    this.askedAtMs = loader.time().milliseconds();
  }

  @Override
  public void run() {
    if (!partition.isCurrent(tenure)) {
      return;
    }
    try {
      Optional<ReplicatedLog> log = partition.log();
      if (log.isPresent() && partition.isSettled(tenure, log.get())) {
        replay(log.get());
      } else {
        loader.later(this, UNSETTLED_PAUSE);
      }
    } catch (RuntimeException | Error e) {
      // Any error: nobody else would notice, and the groups would stay in the load for ever.
      LOG.error("Cannot load the groups of {}, trying again", partition.partition(), e);
      partition.failLoad(tenure, () -> loaded.completeExceptionally(e));
      loader.later(() -> partition.restart(tenure), FAILURE_PAUSE);
    }
  }

  private void replay(ReplicatedLog log) {
    long begunAtMs = loader.time().milliseconds();
    var replay = new OffsetsReplay(partition.partition(), coordinator);
    long end = log.highWatermark();
    boolean whole = replay.run(log, end, loader.readBytes(), () -> partition.isCurrent(tenure));
    if (whole) {
      var summary =
          new LoadSummary(
              askedAtMs,
              loader.time().milliseconds(),
              begunAtMs - askedAtMs,
              replay.records(),
              replay.bytes());
      LOG.info(
          "Loaded the groups of {} in term {}: {} records in {} ms, after {} ms",
          partition.partition(),
          tenure.term(),
          summary.numRecords(),
          loader.time().milliseconds() - begunAtMs,
          begunAtMs - askedAtMs);
      partition.completeLoad(tenure, end, () -> loaded.complete(summary));
    }
  }
}
