package dev.flotilla.benchmarks.report;

import java.util.Optional;
import java.util.function.Function;

/**
 * A figure to reach.
 *
 * @param what what is measured
 * @param wanted what is wanted of it
 * @param judge the outcome in some figures; none if it was not measured
 */
record Goal(String what, String wanted, Function<Figures, Optional<Outcome>> judge) {

  /**
   * What came of it.
   *
   * @param figure what was measured, in words
   */
  record Outcome(String figure, Verdict verdict) {}

  /** Whether it was reached. */
  enum Verdict {
    REACHED,
    MISSED;

    static Verdict of(boolean reached) {
      return reached ? REACHED : MISSED;
    }
  }
}
