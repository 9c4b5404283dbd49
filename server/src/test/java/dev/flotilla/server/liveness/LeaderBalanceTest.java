package dev.flotilla.server.liveness;

import static org.assertj.core.api.Assertions.assertThat;

import com.codahale.metrics.MetricRegistry;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;

/** Node 1 leads partitions, some of which others should lead. */
class LeaderBalanceTest {

  private final List<LedPartition> partitions = new ArrayList<>();
  private Set<Integer> serving = Set.of(2, 3);
  private final LeaderBalance balance =
      new LeaderBalance(
          1,
          () -> partitions,
          () -> serving,
          System::nanoTime,
          new LivenessMetrics(new MetricRegistry()));

  private FakeLedPartition partition(Integer... replicas) {
    var partition = new FakeLedPartition(replicas);
    partitions.add(partition);
    return partition;
  }

  @Test
  void shouldGiveBackWhatAnotherNodeShouldLead() throws InterruptedException {
    var own = partition(1, 2, 3);
    var others = partition(3, 1, 2);

    assertThat(balance.run()).isEqualTo(1);

    assertThat(own.moves()).isEmpty();
    assertThat(others.moves()).containsExactly(3);
  }

  @Test
  void shouldKeepWhatItsPreferredLeaderCannotLeadNow() throws InterruptedException {
    var behind = partition(2, 1, 3).caughtUp(1, 3);
    var fenced = partition(3, 1, 2);
    serving = Set.of(2);

    assertThat(balance.run()).isZero();

    assertThat(behind.moves()).isEmpty();
    assertThat(fenced.moves()).isEmpty();
  }

  @Test
  void shouldGoOnWhenOneDoesNotMove() throws InterruptedException {
    var stuck = partition(2, 1);
    stuck.onTransfer(node -> CompletableFuture.failedFuture(new IllegalStateException("no")));
    var other = partition(3, 1);

    assertThat(balance.run()).isEqualTo(1);

    assertThat(stuck.leader()).isEqualTo(1);
    assertThat(other.leader()).isEqualTo(3);
  }
}
