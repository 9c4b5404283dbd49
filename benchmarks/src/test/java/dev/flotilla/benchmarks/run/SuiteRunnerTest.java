package dev.flotilla.benchmarks.run;

import static org.assertj.core.api.Assertions.assertThat;

import dev.flotilla.benchmarks.report.Figure;
import dev.flotilla.benchmarks.report.Figures;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SuiteRunnerTest {

  @TempDir Path results;

  @Test
  void shouldGiveSubjectsTurnsAndPutTheirRoundsTogether() throws Exception {
    // given
    Measurement measurement =
        new Measurement(
            "LookupBenchmark.offset",
            List.of("mmap", "kafka"),
            Map.of("entries", List.of("100")),
            new Effort(2, 0, 1, Duration.ofMillis(1)));
    ByteArrayOutputStream said = new ByteArrayOutputStream();

    // when
    SuiteRunner.inThisProcess(new PrintStream(said, true, StandardCharsets.UTF_8))
        .run(List.of(new Suite("lookup", "Find", List.of(measurement))), results);

    // then
    List<String> turns =
        said.toString(StandardCharsets.UTF_8)
            .lines()
            .filter(line -> line.contains("LookupBenchmark"))
            .map(line -> line.replaceAll(".*offset (\\w+) .*", "$1"))
            .toList();
    assertThat(turns).containsExactly("mmap", "kafka", "mmap", "kafka");
    assertThat(Figures.read(results.resolve("lookup.json")).all())
        .extracting(Figure::subject)
        .containsExactly("mmap", "kafka");
  }

  @Test
  void shouldMeasureAllCombinationsOfValues() {
    // given
    Measurement measurement =
        new Measurement(
            "X.y",
            List.of("a", "b", "c"),
            new TreeMap<>(Map.of("p", List.of("1", "2"), "q", List.of("3", "4"))),
            new Effort(5, 0, 1, Duration.ofMillis(1)));

    // then
    assertThat(measurement.combinations())
        .containsExactly(
            Map.of("p", "1", "q", "3"),
            Map.of("p", "1", "q", "4"),
            Map.of("p", "2", "q", "3"),
            Map.of("p", "2", "q", "4"));
    assertThat(measurement.forks()).isEqualTo(60);
  }
}
