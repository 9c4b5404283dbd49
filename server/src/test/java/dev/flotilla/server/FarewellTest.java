package dev.flotilla.server;

import static org.assertj.core.api.Assertions.assertThat;

import com.codahale.metrics.MetricRegistry;
import dev.flotilla.server.liveness.Handover;
import dev.flotilla.server.liveness.LedPartition;
import dev.flotilla.server.liveness.LivenessMetrics;
import dev.flotilla.server.testing.Await;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Function;
import java.util.function.LongSupplier;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class FarewellTest {

  /** Completed by whoever takes over the only partition. */
  private final CompletableFuture<Void> partitionMoved = new CompletableFuture<>();

  private final LedPartition partition =
      new LedPartition() {
        @Override
        public List<Integer> replicas() {
          return List.of(1, 2);
        }

        @Override
        public List<Integer> caughtUp() {
          return replicas();
        }

        @Override
        public CompletableFuture<Void> transferTo(int nodeId) {
          partitionMoved.complete(null);
          return partitionMoved;
        }
      };

  private final Handover partitions =
      new Handover(
          () -> partitionMoved.isDone() ? List.of() : List.of(partition),
          Map::of,
          () -> Set.of(2),
          System::nanoTime,
          new LivenessMetrics(new MetricRegistry()));

  @Test
  void shouldHandOverTheMetadataWhileItHandsOverPartitions() throws Exception {
    // given
    var asked = new CompletableFuture<Boolean>();
    var farewell =
        new Farewell(
            partitions,
            within -> {
              asked.complete(partitionMoved.isDone());
              return CompletableFuture.completedFuture(null);
            },
            System::nanoTime);

    // when
    farewell.handOver();

    // then
    assertThat(asked.get(60, TimeUnit.SECONDS)).as("the partitions went first").isFalse();
    assertThat(partitionMoved).isCompleted();
  }

  @Test
  void shouldEndNoSoonerThanTheMetadataIsHandedOver() throws Exception {
    // given
    var metadataMoved = new CompletableFuture<Void>();
    var farewell = new Farewell(partitions, within -> metadataMoved, System::nanoTime);
    var ended =
        new FutureTask<Void>(() -> {
          farewell.handOver();
          return null;
        });
    Thread.ofVirtual().start(ended);

    // when: it waits
    Await.until(() -> partitionMoved.isDone() && metadataMoved.getNumberOfDependents() > 0);

    // then
    assertThat(ended.isDone()).isFalse();
    metadataMoved.complete(null);
    ended.get(60, TimeUnit.SECONDS);
  }

  @Test
  void shouldGoOnWithoutTheMetadataThatNobodyTakesOver() throws InterruptedException {
    handOver(within -> CompletableFuture.failedFuture(new IllegalStateException("nobody")));

    assertThat(partitionMoved).isCompleted();
  }

  @Test
  void shouldHandOverPartitionsWhenTheMetadataCannotEvenBeTried() throws InterruptedException {
    handOver(within -> {
      throw new IllegalStateException("on purpose");
    });

    assertThat(partitionMoved).isCompleted();
  }

  /** What the metadata may take counts from the begin, not from when the partitions are done. */
  @Test
  void shouldNotWaitForTheMetadataAnewWhenThePartitionsTookLong() throws InterruptedException {
    // given
    var metadataMoved = new WatchedWait();
    LongSupplier nanoTime = () -> partitionMoved.isDone() ? Duration.ofSeconds(6).toNanos() : 0;

    // when
    new Farewell(partitions, within -> metadataMoved, nanoTime).handOver();

    // then
    assertThat(partitionMoved).isCompleted();
    assertThat(metadataMoved.waitedNanos).hasValue(0);
  }

  /** Never complete; how long it was waited for. */
  private static final class WatchedWait extends CompletableFuture<Void> {
    private final AtomicLong waitedNanos = new AtomicLong(-1);

    @Override
    public Void get(long timeout, TimeUnit unit) throws TimeoutException {
      waitedNanos.set(unit.toNanos(timeout));
      throw new TimeoutException("not moved");
    }
  }

  private void handOver(Function<Duration, CompletableFuture<Void>> metadata)
      throws InterruptedException {
    new Farewell(partitions, metadata, System::nanoTime).handOver();
  }
}
