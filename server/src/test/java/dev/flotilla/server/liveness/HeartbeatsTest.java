package dev.flotilla.server.liveness;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.codahale.metrics.MetricRegistry;
import dev.flotilla.proto.liveness.Heartbeat;
import dev.flotilla.proto.liveness.Heartbeat.Wish;
import dev.flotilla.proto.liveness.HeartbeatAnswer.State;
import dev.flotilla.server.testing.Await;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Function;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class HeartbeatsTest {

  private static final Duration OFTEN = Duration.ofMillis(1);
  private static final long EPOCH = 17;

  private final MetricRegistry registry = new MetricRegistry();
  private final List<Heartbeat> heard = new CopyOnWriteArrayList<>();
  private final CountDownLatch superseded = new CountDownLatch(1);
  private volatile Function<Wish, CompletableFuture<State>> leader =
      wish -> CompletableFuture.completedFuture(State.FENCED);
  private final Heartbeats heartbeats = heartbeats(OFTEN);

  private Heartbeats heartbeats(Duration interval) {
    return new Heartbeats(
        2,
        EPOCH,
        heartbeat -> {
          heard.add(heartbeat);
          return leader.apply(heartbeat.getWish());
        },
        interval,
        new LivenessMetrics(registry),
        superseded::countDown);
  }

  @AfterEach
  void close() {
    heartbeats.close();
  }

  private static void await(CompletableFuture<Void> granted) {
    granted.orTimeout(60, TimeUnit.SECONDS).join();
  }

  @Test
  void shouldBeatAsANodeThatStartsUntilItWishesMore() {
    Await.until(() -> heard.size() > 3);

    assertThat(heard)
        .allSatisfy(heartbeat -> {
          assertThat(heartbeat.getNodeId()).isEqualTo(2);
          assertThat(heartbeat.getEpoch()).isEqualTo(EPOCH);
          assertThat(heartbeat.getWish()).isEqualTo(Wish.STARTING);
        });
  }

  @Test
  void shouldCompleteAWishWhenTheLeaderSaysThatItIsSo() {
    var served = heartbeats.wish(Wish.SERVE);
    var before = heard.size();
    Await.until(() -> heard.size() > before + 3);
    assertThat(served).isNotDone();

    leader = wish -> CompletableFuture.completedFuture(State.SERVING);

    await(served);
  }

  @Test
  void shouldGoOnWhenALeaderDoesNotAnswer() {
    leader = wish -> CompletableFuture.failedFuture(new IllegalStateException("no leader"));
    var served = heartbeats.wish(Wish.SERVE);
    Await.until(() -> registry.counter("cluster.heartbeats.failed").getCount() > 2);
    assertThat(served).isNotDone();

    leader = wish -> CompletableFuture.completedFuture(State.SERVING);

    await(served);
  }

  @Test
  void shouldTellThatAnotherIncarnationHasRegistered() throws InterruptedException {
    leader = wish -> CompletableFuture.completedFuture(State.SERVING);
    await(heartbeats.wish(Wish.SERVE));

    leader = wish -> CompletableFuture.completedFuture(State.STALE);

    assertThat(superseded.await(60, TimeUnit.SECONDS)).isTrue();
    assertThatThrownBy(() -> await(heartbeats.wish(Wish.SERVE)))
        .hasRootCauseInstanceOf(IllegalStateException.class);
  }

  @Test
  void shouldStopAlsoWhenItWasFenced() {
    await(heartbeats.wish(Wish.STOP));
    await(heartbeats.wish(Wish.STOPPED));
  }

  @Test
  void shouldSayANewWishAtOnce() {
    try (var seldom = heartbeats(Duration.ofDays(1))) {
      Await.until(() -> !heard.isEmpty());
      leader = wish -> CompletableFuture.completedFuture(State.SERVING);

      await(seldom.wish(Wish.SERVE));
    }
  }

  @Test
  void shouldAskAgainSoonWhetherAWishIsGranted() {
    try (var seldom = heartbeats(Duration.ofDays(1))) {
      await(seldom.wish(Wish.STOPPED));
      var asked = new AtomicInteger();
      leader =
          wish ->
              CompletableFuture.completedFuture(
                  wish == Wish.STOP && asked.incrementAndGet() > 1
                      ? State.STOPPING
                      : State.SERVING);

      await(seldom.wish(Wish.STOP));
    }
  }
}
