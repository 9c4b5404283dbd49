package dev.flotilla.server.liveness;

import static org.assertj.core.api.Assertions.assertThat;

import dev.flotilla.server.testing.Await;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

class PeriodicTest {

  private static final Duration OFTEN = Duration.ofMillis(1);

  private final AtomicInteger runs = new AtomicInteger();

  @Test
  void shouldGoOnAfterAnException() {
    assertGoesOn(() -> {
      throw new IllegalStateException("on purpose");
    });
  }

  @Test
  void shouldGoOnAfterAnError() {
    assertGoesOn(() -> {
      throw new NoClassDefFoundError("on purpose");
    });
  }

  private void assertGoesOn(Runnable failing) {
    try (var _ =
        new Periodic(
            "failing",
            OFTEN,
            () -> {
              runs.incrementAndGet();
              failing.run();
            })) {
      Await.until(() -> runs.get() > 2);
    }
  }

  @Test
  void shouldInterruptWhatIsGoingOnWhenItIsClosed() {
    var never = new CountDownLatch(1);
    var periodic =
        new Periodic(
            "waiting",
            OFTEN,
            () -> {
              runs.incrementAndGet();
              never.await();
            });
    Await.until(() -> runs.get() > 0);

    periodic.close();

    assertThat(runs).hasValue(1);
  }
}
