package dev.flotilla.server;

import dev.flotilla.server.liveness.Handover;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Function;
import java.util.function.LongSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Hands over the leadership of partitions and that of the metadata, side by side: who leads a
 * partition is not written to the metadata, so neither waits for the other.
 */
final class Farewell {

  private static final Logger LOG = LoggerFactory.getLogger(Farewell.class);

  private static final Duration PARTITIONS = Duration.ofSeconds(8);

  /**
   * Nothing is written to the metadata meanwhile. On a busy machine the other node needs seconds
   * for an election; one that is given up when it has begun is lost, and so is the next.
   */
  private static final Duration METADATA = Duration.ofSeconds(5);

  private final Handover partitions;
  private final Function<Duration, CompletableFuture<Void>> metadata;
  private final LongSupplier nanoTime;

  /**
   * Hands nothing over yet.
   *
   * @param metadata begins to hand over the metadata, and gives up after a time
   */
  Farewell(
      Handover partitions,
      Function<Duration, CompletableFuture<Void>> metadata,
      LongSupplier nanoTime) {
    this.partitions = partitions;
    this.metadata = metadata;
    this.nanoTime = nanoTime;
  }

  /**
   * Returns when both are done or their time is over; both times begin with this call, so it takes
   * the longer of the two at most.
   */
  void handOver() throws InterruptedException {
    long begun = nanoTime.getAsLong();
    CompletableFuture<Void> metadataMoved = beginMetadata();
    int left = partitions.run(PARTITIONS);
    if (left > 0) {
      LOG.warn("{} partitions are led here to the end: others elect a leader then", left);
    }
    try {
      long metadataLeft = begun + METADATA.toNanos() - nanoTime.getAsLong();
      metadataMoved.get(Math.max(0, metadataLeft), TimeUnit.NANOSECONDS);
    } catch (ExecutionException | TimeoutException e) {
      LOG.warn("The leadership of the metadata was not handed over: others elect then", e);
    }
  }

  private CompletableFuture<Void> beginMetadata() {
    try {
      return metadata.apply(METADATA);
    } catch (RuntimeException e) {
      return CompletableFuture.failedFuture(e);
    }
  }
}
