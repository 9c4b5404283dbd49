package dev.flotilla.storage.mmap;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** Which log gets a turn when. */
final class FlushersTest {

  private final BlockingQueue<String> turns = new LinkedBlockingQueue<>();

  @Test
  void shouldGiveALogThatWaitsItsTurnBeforeAnotherGoesOn() throws Exception {
    try (Flushers flushers = new Flushers(1)) {
      CountDownLatch waiting = new CountDownLatch(1);
      int[] left = {3};
      flushers.submit(_ -> {
        await(waiting);
        turns.add("long");
        return --left[0] > 0;
      });
      flushers.submit(_ -> {
        turns.add("short");
        return false;
      });
      waiting.countDown();

      assertThat(List.of(turn(), turn(), turn(), turn()))
          .containsExactly("long", "short", "long", "long");
    }
  }

  @Test
  void shouldGiveALogToAnotherThreadWhileOneIsAtWork() throws Exception {
    try (Flushers flushers = new Flushers(2)) {
      CountDownLatch second = new CountDownLatch(1);
      flushers.submit(_ -> {
        await(second);
        turns.add("first");
        return false;
      });
      flushers.submit(_ -> {
        turns.add("second");
        second.countDown();
        return false;
      });

      assertThat(List.of(turn(), turn())).containsExactly("second", "first");
    }
  }

  @Test
  void shouldGoOnWhenAThreadWasInterruptedInATurn() throws Exception {
    try (Flushers flushers = new Flushers(1)) {
      flushers.submit(_ -> {
        Thread.currentThread().interrupt();
        turns.add("interrupted");
        return false;
      });
      assertThat(turn()).isEqualTo("interrupted");
      flushers.submit(_ -> {
        turns.add("next");
        return false;
      });

      assertThat(turn()).isEqualTo("next");
    }
  }

  private @Nullable String turn() throws InterruptedException {
    return turns.poll(60, TimeUnit.SECONDS);
  }

  private static void await(CountDownLatch latch) {
    try {
      if (!latch.await(60, TimeUnit.SECONDS)) {
        throw new AssertionError("nobody came");
      }
    } catch (InterruptedException e) {
      throw new AssertionError(e);
    }
  }
}
