package dev.flotilla.benchmarks.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Instant;
import java.time.ZoneOffset;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class MainTest {

  private static final Clock CLOCK =
      Clock.fixed(Instant.parse("2026-11-23T12:00:00Z"), ZoneOffset.UTC);

  @TempDir Path home;

  @Test
  void shouldRefuseAnEngineThatIsNotThere() {
    assertThat(Main.run(home, CLOCK, "--engine", "no-such", "--report")).isEqualTo(2);
  }

  @Test
  void shouldRefuseASuiteThatIsNotThere() {
    assertThat(Main.run(home, CLOCK, "--only", "no-such")).isEqualTo(2);
  }

  @Test
  void shouldKeepTheResultsOfADayTogether() throws Exception {
    // when
    int status = Main.run(home, CLOCK, "--report");

    // then
    assertThat(status).isZero();
    assertThat(Files.readString(home.resolve("benchmarks/results/2026-11-23/README.md")))
        .contains("Results of 2026-11-23");
  }
}
