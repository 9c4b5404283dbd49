package dev.flotilla.benchmarks.report;

import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;

/**
 * What was measured of one subject.
 *
 * @param benchmark the method: {@code AppendBenchmark.pipelined}
 * @param parameters the values of its parameters, the subject's with them
 * @param score the mean of all forks
 * @param unit of the score: {@code ns/op}, {@code ops/s}
 * @param percentiles of the times of operations by their names in JMH, {@code 50.0}; empty where
 *     only means were taken
 * @param allocatedBytes of heap for one operation, all threads of the fork together; NaN if unknown
 * @param counters further counts of the benchmark, by name
 */
public record Figure(
    String benchmark,
    Map<String, String> parameters,
    double score,
    String unit,
    Map<String, Double> percentiles,
    double allocatedBytes,
    Map<String, Double> counters) {

  static final String SUBJECT = "subject";

  /** Who was measured; empty where the benchmark has no subject. */
  public String subject() {
    return parameters.getOrDefault(SUBJECT, "");
  }

  double p50() {
    return Optional.ofNullable(percentiles.get("50.0")).orElse(score);
  }

  double p99() {
    return Optional.ofNullable(percentiles.get("99.0")).orElse(score);
  }

  /** Whether a larger score is better. */
  boolean isRate() {
    return unit.startsWith("ops/");
  }

  /** How many times as fast this is as another that did the same. */
  double timesAsFastAs(Figure other) {
    return isRate() ? score / other.score : other.score / score;
  }

  /** Bytes on the disk for each byte appended, or retained, where that was counted. */
  OptionalDouble diskBytesPerByte() {
    Double onDisk = counters.get("onDisk");
    Double held = counters.getOrDefault("produced", counters.get("retained"));
    return onDisk == null || held == null
        ? OptionalDouble.empty()
        : OptionalDouble.of(onDisk / held);
  }
}
