package dev.flotilla.benchmarks.cli;

import dev.flotilla.benchmarks.report.Figures;
import dev.flotilla.benchmarks.report.Machine;
import dev.flotilla.benchmarks.report.Report;
import dev.flotilla.benchmarks.report.ResultDirectory;
import dev.flotilla.benchmarks.run.Suite;
import dev.flotilla.benchmarks.run.SuiteRunner;
import dev.flotilla.benchmarks.run.Suites;
import dev.flotilla.benchmarks.subject.Subjects;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** Measures engines beside baselines, keeps the results and prints what they say. */
@Command(
    name = "bench",
    mixinStandardHelpOptions = true,
    sortOptions = false,
    description = {
      "Measures storage engines beside baselines on the same bytes, and prints how they compare.",
      "Without --quick it takes hours."
    })
final class BenchCommand implements Callable<Integer> {

  @Option(
      names = "--engine",
      split = ",",
      paramLabel = "NAME",
      description = "an engine to measure, of the class path or plugins/; default: all of them")
  private List<String> engines = List.of();

  @Option(names = "--quick", description = "the part that the figures to reach need, in minutes")
  private boolean quick;

  @Option(
      names = "--only",
      split = ",",
      paramLabel = "SUITE",
      description = "a suite to run; default: all of them")
  private List<String> only = List.of();

  @Option(
      names = "--dir",
      paramLabel = "DIR",
      description = "a directory on the disk to measure; default: that of --out")
  private @Nullable Path directory;

  @Option(
      names = "--out",
      paramLabel = "DIR",
      description = "where results go; default: benchmarks/results/DATE")
  private @Nullable Path out;

  @Option(names = "--report", description = "measure nothing: show what --out holds")
  private boolean reportOnly;

  @Spec private CommandSpec spec;

  private final Path home;
  private final Clock clock;
  private final List<String> arguments;

  /**
   * A command in a project.
   *
   * @param home where the project lies
   * @param arguments what was typed, for the record
   */
  BenchCommand(Path home, Clock clock, List<String> arguments) {
    this.home = home;
    this.clock = clock;
    this.arguments = List.copyOf(arguments);
    this.spec = CommandSpec.create();
  }

  @Override
  public Integer call() throws Exception {
    List<String> known = Subjects.engines();
    List<String> measured = engines.isEmpty() ? known : engines;
    for (String engine : measured) {
      check(known.contains(engine), "no engine " + engine + "; there are " + known);
    }
    List<Suite> suites = quick ? Suites.quick(measured) : Suites.whole(measured);
    List<String> names = suites.stream().map(Suite::name).toList();
    for (String name : only) {
      check(names.contains(name), "no suite " + name + "; there are " + names);
    }
    Path results = out != null ? out : home.resolve("benchmarks/results/" + LocalDate.now(clock));
    ResultDirectory directoryOfResults = new ResultDirectory(results);
    Path disk = Files.createDirectories(directory != null ? directory : results);
    if (!reportOnly) {
      measure(suites, directoryOfResults, disk);
    }
    Figures figures = directoryOfResults.publish(suites, measured, Machine.here(disk));
    print(new Report(figures), results);
    return 0;
  }

  private void check(boolean right, String message) {
    if (!right) {
      throw new ParameterException(spec.commandLine(), message);
    }
  }

  private void measure(List<Suite> suites, ResultDirectory results, Path disk) throws Exception {
    List<Suite> chosen =
        suites.stream().filter(suite -> only.isEmpty() || only.contains(suite.name())).toList();
    LocalDateTime now = LocalDateTime.now(clock).truncatedTo(ChronoUnit.SECONDS);
    results.began(
        "%s  %s  bin/flotilla bench %s"
            .formatted(now, Revision.of(home), String.join(" ", arguments)));
    new SuiteRunner(disk.toAbsolutePath(), System.err).run(chosen, results.path());
  }

  private void print(Report report, Path results) {
    PrintWriter console = spec.commandLine().getOut();
    console.println();
    console.println(report.goals());
    console.println(report.ratios());
    console.println("Pictures, raw results and this table: " + results);
    console.flush();
  }
}
