package dev.flotilla.benchmarks.run;

import static org.assertj.core.api.Assertions.assertThat;

import dev.flotilla.benchmarks.report.Figure;
import dev.flotilla.benchmarks.report.Figures;
import dev.flotilla.benchmarks.subject.Subjects;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.openjdk.jmh.runner.BenchmarkList;
import org.openjdk.jmh.runner.format.OutputFormatFactory;
import org.openjdk.jmh.runner.options.VerboseMode;

/** That benchmarks run, on every engine and every baseline; what they measure is nobody's here. */
class EveryBenchmarkTest {

  private static final Effort LEAST = new Effort(1, 0, 1, Duration.ofMillis(1));

  /** As little as each can be made to do. */
  private static final Map<String, String> LEAST_VALUES =
      Map.of(
          "payloadBytes", "1024",
          "perWrite", "2",
          "fetchBytes", "65536",
          "entries", "2000",
          "writes", "3",
          "producedMb", "1",
          "retainedMb", "0",
          "unsyncedMb", "1",
          "hours", "14");

  @TempDir Path results;

  static Stream<Suite> suites() {
    return Suites.quick(Subjects.engines()).stream().map(EveryBenchmarkTest::least);
  }

  private static Suite least(Suite suite) {
    Set<Measurement> measurements = new LinkedHashSet<>();
    for (Measurement measurement : suite.measurements()) {
      Map<String, List<String>> values = new LinkedHashMap<>();
      measurement
          .parameters()
          .forEach((name, all) ->
              values.put(name, List.of(LEAST_VALUES.getOrDefault(name, all.getFirst()))));
      switch (measurement.benchmark().substring(0, measurement.benchmark().indexOf('.'))) {
        case "FetchBenchmark" -> values.put("logMb", List.of("1"));
        case "ChurnBenchmark", "ChurnSpaceBenchmark" -> values.put("logs", List.of("5"));
        case "AppendBenchmark", "PartitionsBenchmark" -> values.put("preallocatedMb", List.of("1"));
        default -> {}
      }
      // What differs in its values only is measured once.
      measurements.add(
          new Measurement(measurement.benchmark(), measurement.subjects(), values, LEAST));
    }
    return new Suite(suite.name(), suite.title(), List.copyOf(measurements));
  }

  @ParameterizedTest
  @MethodSource("suites")
  void shouldRunOnEverySubject(Suite suite) throws Exception {
    // when
    SuiteRunner.inThisProcess(
            new PrintStream(OutputStream.nullOutputStream(), false, StandardCharsets.UTF_8))
        .run(List.of(suite), results);

    // then
    Set<String> measured = new TreeSet<>();
    for (Figure figure : Figures.read(results.resolve(suite.name() + ".json")).all()) {
      assertThat(figure.score()).as("%s", figure).isPositive();
      measured.add(figure.benchmark() + " of " + figure.subject());
    }
    assertThat(measured).isEqualTo(expected(suite));
  }

  private static Set<String> expected(Suite suite) {
    Set<String> expected = new TreeSet<>();
    for (Measurement measurement : suite.measurements()) {
      List<String> subjects =
          measurement.subjects().isEmpty() ? List.of("") : measurement.subjects();
      subjects.forEach(subject -> expected.add(measurement.benchmark() + " of " + subject));
    }
    return expected;
  }

  @Test
  void shouldBelongToASuite() {
    // given
    Set<String> inSuites = new TreeSet<>();
    Suites.whole(Subjects.engines()).stream()
        .flatMap(suite -> suite.measurements().stream())
        .forEach(measurement -> inSuites.add(measurement.benchmark()));

    // when
    Set<String> written = new TreeSet<>();
    BenchmarkList.defaultList()
        .getAll(OutputFormatFactory.createFormatInstance(System.out, VerboseMode.SILENT), List.of())
        .forEach(entry -> written.add(entry.getUsername().replaceAll(".*\\.(\\w+\\.\\w+)$", "$1")));

    // then
    assertThat(inSuites).isEqualTo(written).isNotEmpty();
  }
}
