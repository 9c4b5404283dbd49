package dev.flotilla.server.liveness;

import static org.assertj.core.api.Assertions.assertThat;

import com.codahale.metrics.MetricRegistry;
import dev.flotilla.server.liveness.Transfers.Transfer;
import dev.flotilla.server.testing.Await;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.FutureTask;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.LongSupplier;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Partitions that go to a node which never answers. */
@Timeout(120)
class TransfersTest {

  private static final int SIDE_BY_SIDE = 4;
  private static final Duration FOR_EVER = Duration.ofDays(1);

  private final MetricRegistry registry = new MetricRegistry();

  private Transfers transfers(Duration patience, LongSupplier nanoTime) {
    return new Transfers(SIDE_BY_SIDE, patience, nanoTime, new LivenessMetrics(registry));
  }

  /** Transfers that are never over, and what happens when one begins. */
  private static List<Transfer> endless(int count, Runnable begun) {
    return IntStream.range(0, count)
        .mapToObj(each -> {
          var partition = new FakeLedPartition(1, 2);
          partition.onTransfer(node -> {
            begun.run();
            return new CompletableFuture<>();
          });
          return new Transfer(partition, 2);
        })
        .toList();
  }

  private static long begun(List<Transfer> transfers) {
    return transfers.stream()
        .filter(each -> !((FakeLedPartition) each.partition()).moves().isEmpty())
        .count();
  }

  @Test
  void shouldBeginNoneWhenTheTimeOfAllIsOver() throws InterruptedException {
    // given: each transfer takes a second, as the clock has it
    var now = new AtomicLong();
    var wanted = endless(1_000, () -> now.addAndGet(Duration.ofSeconds(1).toNanos()));

    // when
    var failed = transfers(Duration.ofMillis(1), now::get).run(wanted, Duration.ofSeconds(10));

    // then: those that had looked at the clock just before may have begun
    assertThat(failed).isEqualTo(wanted);
    assertThat(begun(wanted)).isBetween(10L, 10L + SIDE_BY_SIDE);
    assertThat(registry.counter("leadership.transfers.failed").getCount()).isEqualTo(begun(wanted));
  }

  @Test
  void shouldWaitForNoneLongerThanTheTimeOfAll() throws InterruptedException {
    var wanted = endless(10, () -> {});

    var failed = transfers(FOR_EVER, System::nanoTime).run(wanted, Duration.ofMillis(50));

    assertThat(failed).isEqualTo(wanted);
  }

  @Test
  void shouldEndWhenItIsInterrupted() throws Exception {
    // given
    var wanted = endless(10, () -> {});
    var ended = new FutureTask<>(() -> transfers(FOR_EVER, System::nanoTime).run(wanted, FOR_EVER));
    var thread = Thread.ofVirtual().start(ended);
    Await.until(() -> begun(wanted) == SIDE_BY_SIDE);

    // when
    thread.interrupt();

    // then
    assertThat(thread.join(Duration.ofSeconds(60))).isTrue();
    assertThat(ended.state()).isEqualTo(FutureTask.State.FAILED);
    assertThat(ended.exceptionNow()).isInstanceOf(InterruptedException.class);
  }
}
