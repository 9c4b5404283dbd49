package dev.flotilla.server;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

class ClosingTest {

  private final AtomicLong now = new AtomicLong();
  private final List<String> closed = new ArrayList<>();
  private final Closing closing = new Closing(now::get);

  private void add(String name, int ms) {
    closing.add(
        name,
        () -> {
          now.addAndGet(Duration.ofMillis(ms).toNanos());
          closed.add(name);
        });
  }

  @Test
  void shouldSayWhatTookLongToClose() {
    add("disk", 120);
    add("clock", 49);
    add("network", 50);

    assertThat(closing.timedClose()).isEqualTo("219 ms, of which network 50, disk 120");
    assertThat(closed).containsExactly("network", "clock", "disk");
  }

  @Test
  void shouldSayNoMoreWhereNothingTookLong() {
    add("clock", 3);

    assertThat(closing.timedClose()).isEqualTo("3 ms");
  }

  @Test
  void shouldCloseTheOthersWhenOneFails() {
    add("disk", 70);
    closing.add(
        "network",
        () -> {
          throw new IllegalStateException("on purpose");
        });

    assertThat(closing.timedClose()).isEqualTo("70 ms, of which disk 70");
    assertThat(closed).containsExactly("disk");
  }

  @Test
  void shouldCloseEachPartOnce() {
    add("disk", 1);
    closing.close();

    closing.close();

    assertThat(closed).containsExactly("disk");
  }
}
