package dev.flotilla.server.liveness;

import static org.assertj.core.api.Assertions.assertThat;

import com.codahale.metrics.MetricRegistry;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Node 1 gives away what it leads to nodes 2 and 3. */
@Timeout(120)
class HandoverTest {

  private static final Duration LONG = Duration.ofMinutes(1);

  private final MetricRegistry registry = new MetricRegistry();
  private final AtomicLong now = new AtomicLong();
  private final List<FakeLedPartition> partitions = new ArrayList<>();
  private final Map<Integer, Integer> leaders = new HashMap<>();
  private Set<Integer> serving = Set.of(2, 3);
  private final Handover handover =
      new Handover(
          this::led, () -> leaders, () -> serving, now::get, new LivenessMetrics(registry));

  private List<LedPartition> led() {
    return partitions.stream()
        .filter(partition -> partition.leader() == 1)
        .collect(Collectors.toList());
  }

  private FakeLedPartition partition(Integer... replicas) {
    var partition = new FakeLedPartition(replicas);
    partitions.add(partition);
    return partition;
  }

  private long ledBy(int node) {
    return partitions.stream().filter(partition -> partition.leader() == node).count();
  }

  @Test
  void shouldSpreadWhatItLedEvenly() throws InterruptedException {
    for (var i = 0; i < 100; i++) {
      partition(1, 2, 3);
    }

    assertThat(handover.run(LONG)).isZero();

    assertThat(ledBy(2)).isEqualTo(50);
    assertThat(ledBy(3)).isEqualTo(50);
    assertThat(registry.counter("leadership.transfers").getCount()).isEqualTo(100);
  }

  @Test
  void shouldGiveMoreToANodeThatLeadsLess() throws InterruptedException {
    leaders.put(2, 30);
    leaders.put(3, 10);
    for (var i = 0; i < 40; i++) {
      partition(1, 2, 3);
    }

    handover.run(LONG);

    assertThat(ledBy(2)).isEqualTo(10);
    assertThat(ledBy(3)).isEqualTo(30);
  }

  @Test
  void shouldHandOverOnlyToReplicasThatAreCaughtUpAndServe() throws InterruptedException {
    var behind = partition(1, 2, 3).caughtUp(1, 3);
    serving = Set.of(3);
    var fenced = partition(1, 2, 3);

    assertThat(handover.run(LONG)).isZero();

    assertThat(behind.moves()).containsOnly(3);
    assertThat(fenced.moves()).containsOnly(3);
  }

  @Test
  void shouldTryAgainWhenATransferFails() throws InterruptedException {
    var tries = new AtomicInteger();
    var partition = partition(1, 2);
    partition.onTransfer(node ->
        tries.incrementAndGet() < 3
            ? CompletableFuture.failedFuture(new IllegalStateException("not now"))
            : CompletableFuture.completedFuture(null));

    assertThat(handover.run(LONG)).isZero();

    assertThat(partition.leader()).isEqualTo(2);
    assertThat(registry.counter("leadership.transfers.failed").getCount()).isEqualTo(2);
  }

  @Test
  void shouldTryTheNextReplicaWhenOneDoesNotTakeOver() throws InterruptedException {
    leaders.put(3, 100);
    var partition = partition(1, 2, 3);
    partition.onTransfer(node ->
        node == 2
            ? CompletableFuture.failedFuture(new IllegalStateException("frozen"))
            : CompletableFuture.completedFuture(null));

    assertThat(handover.run(LONG)).isZero();

    assertThat(partition.moves()).containsExactly(2, 3);
  }

  @Test
  void shouldWaitForAReplicaThatCatchesUp() throws InterruptedException {
    var late = partition(1, 2).caughtUp(1);
    partition(1, 3)
        .onTransfer(node -> {
          late.caughtUp(1, 2);
          return CompletableFuture.completedFuture(null);
        });

    assertThat(handover.run(LONG)).isZero();

    assertThat(late.leader()).isEqualTo(2);
  }

  @Test
  void shouldNotWaitForWhatNobodyElseCouldLead() throws InterruptedException {
    partition(1);
    partition(1, 4).caughtUp(1);

    assertThat(handover.run(LONG)).isEqualTo(2);
  }

  @Test
  void shouldEndWhenItsTimeIsOver() throws InterruptedException {
    var stuck = partition(1, 2);
    stuck.onTransfer(node -> {
      now.addAndGet(LONG.toNanos());
      return CompletableFuture.failedFuture(new IllegalStateException("never"));
    });

    assertThat(handover.run(LONG)).isEqualTo(1);
    assertThat(stuck.moves()).hasSize(1);
  }
}
