package dev.flotilla.benchmarks.run;

import dev.flotilla.benchmarks.jmh.Scratch;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.openjdk.jmh.profile.GCProfiler;
import org.openjdk.jmh.results.BenchmarkResult;
import org.openjdk.jmh.results.RunResult;
import org.openjdk.jmh.results.format.ResultFormatFactory;
import org.openjdk.jmh.results.format.ResultFormatType;
import org.openjdk.jmh.runner.Runner;
import org.openjdk.jmh.runner.RunnerException;
import org.openjdk.jmh.runner.options.ChainedOptionsBuilder;
import org.openjdk.jmh.runner.options.OptionsBuilder;
import org.openjdk.jmh.runner.options.TimeValue;
import org.openjdk.jmh.runner.options.VerboseMode;

/**
 * Runs suites with JMH. Every fork is a run of its own, so that the subjects of a measurement take
 * turns: a minute in which the disk is slow befalls all of them and leaves their ratios alone. The
 * results of a subject's forks are put together afterwards, as JMH would have done.
 */
public final class SuiteRunner {

  private final Path directory;
  private final PrintStream out;

  /** 1, or 0 to measure in this process. */
  private final int forks;

  /**
   * A runner of forks.
   *
   * @param directory where is measured
   * @param out what takes progress
   */
  public SuiteRunner(Path directory, PrintStream out) {
    this(directory, out, 1);
  }

  private SuiteRunner(Path directory, PrintStream out, int forks) {
    this.directory = directory;
    this.out = out;
    this.forks = forks;
  }

  /** One that starts no processes: for tests, which want to know whether benchmarks run. */
  static SuiteRunner inThisProcess(PrintStream out) {
    return new SuiteRunner(Path.of(System.getProperty("java.io.tmpdir")), out, 0);
  }

  /**
   * Runs suites one after the other and writes the results of each, as JMH's JSON, as soon as it is
   * over.
   *
   * @param results the directory of {@code SUITE.json}
   * @throws RunnerException if a benchmark fails; what was measured before is written
   */
  public void run(List<Suite> suites, Path results) throws RunnerException, IOException {
    Progress progress = new Progress(out, suites.stream().mapToInt(Suite::forks).sum());
    for (Suite suite : suites) {
      progress.suite(suite);
      write(run(suite, progress), results.resolve(suite.name() + ".json"));
    }
  }

  private Collection<RunResult> run(Suite suite, Progress progress) throws RunnerException {
    Map<String, RunResult> results = new LinkedHashMap<>();
    for (Measurement measurement : suite.measurements()) {
      for (Map<String, String> combination : measurement.combinations()) {
        for (int round = 0; round < measurement.effort().rounds(); round++) {
          for (Map<String, String> parameters : bySubject(measurement, combination)) {
            progress.fork(measurement.benchmark(), parameters);
            Collection<RunResult> of = fork(measurement, parameters);
            of.forEach(
                result -> results.merge(result.getParams().id(), result, SuiteRunner::together));
            progress.done(of);
          }
        }
      }
    }
    return results.values();
  }

  private static List<Map<String, String>> bySubject(
      Measurement measurement, Map<String, String> combination) {
    if (measurement.subjects().isEmpty()) {
      return List.of(combination);
    }
    List<Map<String, String>> bySubject = new ArrayList<>();
    for (String subject : measurement.subjects()) {
      Map<String, String> with = new LinkedHashMap<>();
      with.put("subject", subject);
      with.putAll(combination);
      bySubject.add(with);
    }
    return bySubject;
  }

  private static RunResult together(RunResult first, RunResult second) {
    List<BenchmarkResult> all = new ArrayList<>(first.getBenchmarkResults());
    all.addAll(second.getBenchmarkResults());
    return new RunResult(first.getParams(), all);
  }

  private Collection<RunResult> fork(Measurement measurement, Map<String, String> parameters)
      throws RunnerException {
    Effort effort = measurement.effort();
    TimeValue time = TimeValue.nanoseconds(effort.iteration().toNanos());
    ChainedOptionsBuilder options =
        new OptionsBuilder()
            .include("\\." + measurement.benchmark().replace(".", "\\.") + "$")
            .forks(forks)
            .warmupIterations(effort.warmups())
            .warmupTime(time)
            .measurementIterations(effort.iterations())
            .measurementTime(time)
            .shouldFailOnError(true)
            .addProfiler(GCProfiler.class)
            .jvmArgs(Jvm.arguments(Scratch.PROPERTY, directory).toArray(String[]::new))
            .verbosity(VerboseMode.SILENT);
    parameters.forEach((name, value) -> options.param(name, value));
    return new Runner(options.build()).run();
  }

  private static void write(Collection<RunResult> results, Path file) throws IOException {
    Files.createDirectories(file.toAbsolutePath().getParent());
    try (PrintStream json =
        new PrintStream(Files.newOutputStream(file), false, StandardCharsets.UTF_8)) {
      ResultFormatFactory.getInstance(ResultFormatType.JSON, json).writeOut(results);
    }
  }
}
