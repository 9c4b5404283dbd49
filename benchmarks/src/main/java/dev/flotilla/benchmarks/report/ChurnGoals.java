package dev.flotilla.benchmarks.report;

import dev.flotilla.benchmarks.report.Goal.Outcome;
import dev.flotilla.benchmarks.report.Goal.Verdict;
import java.util.Locale;
import java.util.Optional;

/** What a week of retention and deletions may cost an engine. */
final class ChurnGoals {

  private static final double MOST_P50 = 1.3;
  private static final double MOST_P99 = 2;
  private static final double MOST_GROWTH = 1.2;

  private ChurnGoals() {}

  /** Against the same engine with the same logs, written for the first time. */
  static Goal append(String engine) {
    return new Goal(
        engine + " append behind a week's churn against a fresh one",
        "at most %s times (p50), %s times (p99)"
            .formatted(Quantity.times(MOST_P50), Quantity.times(MOST_P99)),
        figures -> append(figures, engine));
  }

  private static Optional<Outcome> append(Figures figures, String engine) {
    Optional<Figure> churned = figures.find("ChurnBenchmark.append", engine, "environment=churned");
    Optional<Figure> fresh = figures.find("ChurnBenchmark.append", engine, "environment=fresh");
    if (churned.isEmpty() || fresh.isEmpty()) {
      return Optional.empty();
    }
    double p50 = churned.get().p50() / fresh.get().p50();
    double p99 = churned.get().p99() / fresh.get().p99();
    String figure =
        "%s times (p50 %s against %s), %s times (p99 %s against %s)"
            .formatted(
                Quantity.times(p50),
                Quantity.of(churned.get().p50(), churned.get().unit()),
                Quantity.of(fresh.get().p50(), fresh.get().unit()),
                Quantity.times(p99),
                Quantity.of(churned.get().p99(), churned.get().unit()),
                Quantity.of(fresh.get().p99(), fresh.get().unit()));
    return Optional.of(new Outcome(figure, Verdict.of(p50 <= MOST_P50 && p99 <= MOST_P99)));
  }

  /** Whether space is used again: the second half takes no more than the first. */
  static Goal space(String engine) {
    return new Goal(
        engine + " bytes on disk behind a week's churn against half of it",
        "at most %s times".formatted(Quantity.times(MOST_GROWTH)),
        figures -> figures.find("ChurnSpaceBenchmark.churn", engine).map(ChurnGoals::space));
  }

  private static Outcome space(Figure figure) {
    double first = count(figure, "onDiskFirst");
    double last = count(figure, "onDisk");
    String free =
        count(figure, "freeRows") == 0
            ? ""
            : String.format(
                Locale.ROOT,
                "; %,.0f free pages in %,.0f runs, %,.0f rows",
                count(figure, "freePages"),
                count(figure, "freeRuns"),
                count(figure, "freeRows"));
    String text =
        "%s times; %s bytes a byte that is retained%s"
            .formatted(
                Quantity.times(last / first),
                Quantity.times(last / count(figure, "retained")),
                free);
    return new Outcome(text, Verdict.of(last <= MOST_GROWTH * first));
  }

  private static double count(Figure figure, String name) {
    return figure.counters().getOrDefault(name, Double.NaN);
  }
}
