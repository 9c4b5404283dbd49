package dev.flotilla.benchmarks.run;

import java.time.Duration;

/**
 * How long a measurement is made.
 *
 * @param rounds how many forks each subject gets; between two of them all others have their turn
 * @param warmups iterations before those that count
 * @param iterations iterations that count
 * @param iteration how long an iteration is; those that measure one shot end with it
 */
public record Effort(int rounds, int warmups, int iterations, Duration iteration) {

  /** Iterations of half a second: what is not synced stays in memory. */
  static Effort halfSeconds(int rounds, int warmups, int iterations) {
    return new Effort(rounds, warmups, iterations, Duration.ofMillis(500));
  }

  static Effort shots(int rounds, int warmups, int iterations) {
    return new Effort(rounds, warmups, iterations, Duration.ofSeconds(1));
  }
}
