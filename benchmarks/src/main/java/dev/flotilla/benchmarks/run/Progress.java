package dev.flotilla.benchmarks.run;

import java.io.PrintStream;
import java.time.Duration;
import java.util.Collection;
import java.util.Map;
import java.util.stream.Collectors;
import org.openjdk.jmh.results.Result;
import org.openjdk.jmh.results.RunResult;

/** Says what runs, what came of it, and how long it will still take. */
final class Progress {

  private final PrintStream out;
  private final int forks;
  private final long startedNanos = System.nanoTime();
  private int done;

  Progress(PrintStream out, int forks) {
    this.out = out;
    this.forks = forks;
  }

  void suite(Suite suite) {
    out.printf("%n%s%n", suite.title());
  }

  void fork(String benchmark, Map<String, String> parameters) {
    String values =
        parameters.entrySet().stream()
            .map(value -> value.getKey().equals("subject") ? value.getValue() : value.toString())
            .collect(Collectors.joining(" "));
    out.printf("  %3d/%d  %s %s", done + 1, forks, benchmark, values);
    out.flush();
  }

  void done(Collection<RunResult> results) {
    done++;
    for (RunResult result : results) {
      Result<?> primary = result.getPrimaryResult();
      out.printf("  %,.1f %s", primary.getScore(), primary.getScoreUnit());
    }
    long perFork = (System.nanoTime() - startedNanos) / done;
    long leftSeconds = Duration.ofNanos(perFork * (forks - done)).toSeconds();
    out.printf("  (%d:%02d left)%n", leftSeconds / 60, leftSeconds % 60);
    out.flush();
  }
}
