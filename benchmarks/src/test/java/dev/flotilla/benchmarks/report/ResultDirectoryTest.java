package dev.flotilla.benchmarks.report;

import static org.assertj.core.api.Assertions.assertThat;

import dev.flotilla.benchmarks.run.Suite;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ResultDirectoryTest {

  private static final List<Suite> SUITES =
      List.of(new Suite("append", "Append", List.of()), new Suite("fetch", "Fetch", List.of()));

  @TempDir Path parent;

  private ResultDirectory results;

  @BeforeEach
  void create() throws Exception {
    results = new ResultDirectory(parent.resolve("2026-11-23"));
  }

  @Test
  void shouldMakeAPageAndPicturesOfWhatIsThere() throws Exception {
    // given
    Files.writeString(results.path().resolve("append.json"), Samples.json("mmap", 380));
    results.began("noon  abc  bench --quick");
    results.began("later  abc  bench --only fetch");

    // when
    Figures figures =
        results.publish(SUITES, List.of("mmap"), new Machine(List.of("CPU: a fast one")));

    // then
    assertThat(figures.all()).hasSize(1);
    assertThat(Files.readString(results.path().resolve("README.md")))
        .contains(
            "2026-11-23", "a fast one", "noon  abc", "later  abc", "380 ns", "append.svg", "321")
        .doesNotContain("fetch.svg");
    assertThat(results.path().resolve("append.svg")).content().contains("<svg", "mmap");
    assertThat(results.path().resolve("fetch.svg")).doesNotExist();
  }

  @Test
  void shouldNotTakeMeansOfIterationsForTimesOfOperations() throws Exception {
    // given
    Path json = Files.writeString(results.path().resolve("append.json"), Samples.json("mmap", 380));

    // when
    Figure figure = Figures.read(json).all().getFirst();

    // then
    assertThat(figure.percentiles()).isEmpty();
    assertThat(figure.p50()).isEqualTo(380);
    assertThat(figure.allocatedBytes()).isEqualTo(321);
  }

  @Test
  void shouldSayWhatTheMachineIs() throws Exception {
    assertThat(Machine.here(parent).lines())
        .anyMatch(line -> line.startsWith("CPU: ") && line.endsWith(" cores"))
        .anyMatch(line -> line.startsWith("kernel: "))
        .anyMatch(line -> line.startsWith("disk: "))
        .anyMatch(line -> line.startsWith("JDK: "));
  }
}
