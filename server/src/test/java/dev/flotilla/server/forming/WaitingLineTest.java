package dev.flotilla.server.forming;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

class WaitingLineTest {

  private final AtomicLong now = new AtomicLong(Long.MAX_VALUE - 7);
  private final List<String> lines = new ArrayList<>();
  private final WaitingLine line = new WaitingLine(2, lines::add, now::get);

  private void pass(Duration time) {
    now.addAndGet(time.toNanos());
  }

  @Test
  void shouldSayNothingOfAShortWait() {
    line.waitsFor("node 1");
    pass(Duration.ofMillis(999));
    line.waitsFor("node 1");

    assertThat(lines).isEmpty();
  }

  @Test
  void shouldSayItOnceEveryFewSeconds() {
    for (var second = 0; second < 12; second++) {
      line.waitsFor("node " + second);
      pass(Duration.ofSeconds(1));
    }

    assertThat(lines)
        .containsExactly(
            "node 2 waits for node 1", "node 2 waits for node 6", "node 2 waits for node 11");
  }
}
