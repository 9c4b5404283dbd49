package dev.flotilla.benchmarks.report;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;

class ReportTest {

  @Test
  void shouldSayWhichFiguresWereReachedAndWhichWereMissed() {
    // given
    Figures figures =
        new Figures(
            List.of(
                Samples.append("mmap", 380),
                Samples.append("file", 800),
                Samples.append("kafka", 700)));

    // when
    List<String> lines = new Report(figures).goals().lines().toList();

    // then
    assertThat(lines).hasSize(5);
    assertThat(lines.get(2)).contains("at most 400 ns", "380 ns", "reached");
    assertThat(lines.get(3)).contains("file", "2.11 times (380 ns against 800 ns)", "reached");
    assertThat(lines.get(4)).contains("kafka", "1.84 times", "missed");
  }

  @Test
  void shouldCompareRatesTheOtherWayRoundThanTimes() {
    // given
    Figures figures =
        new Figures(
            List.of(Samples.partitions("mmap", 30_000), Samples.partitions("file", 40_000)));

    // then
    assertThat(new Report(figures).goals()).contains("0.75 times", "reached");
  }

  @Test
  void shouldCompareWhatCameOfAWeekWithAFreshEnvironmentAndWithHalfOfIt() {
    // given
    Figures figures =
        new Figures(
            List.of(
                Samples.churned("lmdb", "churned", 240),
                Samples.churned("lmdb", "fresh", 200),
                Samples.churn("lmdb", 500, 600, 400)));

    // when
    List<String> lines = new Report(figures).goals().lines().toList();

    // then
    assertThat(lines.get(2)).contains("lmdb", "1.20 times (p50 240 µs against 200 µs)", "reached");
    assertThat(lines.get(3)).contains("1.20 times; 1.50 bytes", "30 free pages in 20 runs");
  }

  @Test
  void shouldLeaveOutWhatWasNotMeasured() {
    assertThat(new Report(new Figures(List.of())).goals()).isEmpty();
    assertThat(new Report(new Figures(List.of(Samples.append("lmdb", 1)))).goals()).isEmpty();
  }

  @Test
  void shouldSayHowManyTimesAsFastAnEngineIsAsEachBaseline() {
    // given
    Figures figures =
        new Figures(
            List.of(
                Samples.append("mine", 400),
                Samples.append("file", 800),
                Samples.append("rocksdb", 100)));

    // when
    List<String> lines = new Report(figures).ratios().lines().toList();

    // then
    assertThat(lines).hasSize(3);
    assertThat(lines.get(2)).contains("mine", "400 ns", "2.00", "0.25", "64");
  }
}
