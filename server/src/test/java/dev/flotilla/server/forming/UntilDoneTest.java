package dev.flotilla.server.forming;

import static org.assertj.core.api.Assertions.assertThat;

import dev.flotilla.server.testing.Await;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(120)
class UntilDoneTest {

  private final AtomicInteger attempts = new AtomicInteger();

  @Test
  void shouldGoOnAfterAnException() throws Exception {
    // given
    var done = new CompletableFuture<Integer>();

    // when
    try (var _ =
        new UntilDone(
            "failing",
            () -> {
              if (attempts.incrementAndGet() < 3) {
                throw new IllegalStateException("on purpose");
              }
              return done.complete(attempts.get());
            })) {

      // then
      assertThat(done.get(60, TimeUnit.SECONDS)).isEqualTo(3);
    }
  }

  @Test
  void shouldEndWhenItIsClosed() throws Exception {
    var thread = new CompletableFuture<Thread>();
    var asking =
        new UntilDone(
            "asking",
            () -> {
              thread.complete(Thread.currentThread());
              attempts.incrementAndGet();
              return false;
            });
    Await.until(() -> attempts.get() > 1);

    asking.close();

    assertThat(thread.get(60, TimeUnit.SECONDS).join(Duration.ofSeconds(60))).isTrue();
  }
}
