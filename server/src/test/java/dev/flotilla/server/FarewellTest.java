package dev.flotilla.server;

import static org.assertj.core.api.Assertions.assertThat;

import com.codahale.metrics.MetricRegistry;
import dev.flotilla.server.liveness.Handover;
import dev.flotilla.server.liveness.LedPartition;
import dev.flotilla.server.liveness.LivenessMetrics;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
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
  void shouldHandOverTheMetadataWhileItHandsOverPartitions() throws InterruptedException {
    // given
    var asked = new CompletableFuture<Boolean>();
    var farewell =
        new Farewell(
            partitions,
            within -> {
              asked.complete(partitionMoved.isDone());
              return partitionMoved;
            });

    // when
    farewell.handOver();

    // then
    assertThat(asked.join()).as("the metadata waits for the partitions").isFalse();
    assertThat(partitionMoved).isCompleted();
  }

  @Test
  void shouldGoOnWithoutTheMetadataThatNobodyTakesOver() throws InterruptedException {
    var farewell =
        new Farewell(
            partitions, within -> CompletableFuture.failedFuture(new IllegalStateException()));

    farewell.handOver();

    assertThat(partitionMoved).isCompleted();
  }
}
