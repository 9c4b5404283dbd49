package dev.flotilla.benchmarks.report;

import dev.flotilla.benchmarks.subject.Subjects;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** What figures say, in tables: the goals, each engine beside the baselines, heap. */
public final class Report {

  private static final String NONE = "";

  private final Figures figures;

  public Report(Figures figures) {
    this.figures = figures;
  }

  /** The figures to reach, those that were measured. */
  public String goals() {
    Table table = new Table("figure", "goal", "measured", "");
    for (Goal goal : Goals.all()) {
      goal.judge()
          .apply(figures)
          .ifPresent(outcome ->
              table.row(
                  goal.what(),
                  goal.wanted(),
                  outcome.figure(),
                  outcome.verdict() == Goal.Verdict.REACHED ? "reached" : "missed"));
    }
    return table.isEmpty() ? "" : table.toString();
  }

  /** How many times as fast each engine is as each baseline that did the same. */
  public String ratios() {
    List<String> heads = new ArrayList<>(List.of("engine", "what", "time or rate", "p99"));
    Subjects.baselines().forEach(baseline -> heads.add("/ " + baseline));
    heads.add("heap, B");
    Table table = new Table(heads.toArray(String[]::new));
    for (Comparison comparison : figures.comparisons()) {
      for (Figure figure : comparison.figures()) {
        if (!Subjects.baselines().contains(figure.subject())
            && figure.diskBytesPerByte().isEmpty()) {
          table.row(row(comparison, figure));
        }
      }
    }
    return table.isEmpty() ? "" : table.toString();
  }

  private static List<String> row(Comparison comparison, Figure figure) {
    List<String> cells = new ArrayList<>();
    cells.add(figure.subject().isEmpty() ? "-" : figure.subject());
    cells.add(comparison.title());
    cells.add(Quantity.of(figure));
    cells.add(
        figure.percentiles().isEmpty() || figure.isRate()
            ? NONE
            : Quantity.of(figure.p99(), figure.unit()));
    for (String baseline : Subjects.baselines()) {
      Optional<Figure> other =
          comparison.figures().stream().filter(each -> each.subject().equals(baseline)).findAny();
      cells.add(other.map(each -> Quantity.times(figure.timesAsFastAs(each))).orElse(NONE));
    }
    cells.add(
        Double.isNaN(figure.allocatedBytes()) ? NONE : Quantity.digits(figure.allocatedBytes()));
    return cells;
  }
}
