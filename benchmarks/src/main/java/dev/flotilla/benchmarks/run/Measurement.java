package dev.flotilla.benchmarks.run;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * One benchmark method with the subjects that are compared by it and the values of its other
 * parameters.
 *
 * @param benchmark the method: {@code AppendBenchmark.pipelined}
 * @param subjects who is measured; empty where the benchmark has no subject
 * @param parameters all combinations of these values are measured
 */
public record Measurement(
    String benchmark, List<String> subjects, Map<String, List<String>> parameters, Effort effort) {

  /** The combinations of values, the last parameter's changing fastest. */
  List<Map<String, String>> combinations() {
    List<Map<String, String>> combinations = List.of(Map.of());
    for (Map.Entry<String, List<String>> parameter : parameters.entrySet()) {
      List<Map<String, String>> longer = new ArrayList<>();
      for (Map<String, String> combination : combinations) {
        for (String value : parameter.getValue()) {
          Map<String, String> with = new LinkedHashMap<>(combination);
          with.put(parameter.getKey(), value);
          longer.add(with);
        }
      }
      combinations = longer;
    }
    return combinations;
  }

  /** How many forks it takes. */
  int forks() {
    return effort.rounds() * combinations().size() * Math.max(1, subjects.size());
  }
}
