package dev.flotilla.benchmarks.report;

import java.util.LinkedHashMap;
import java.util.Map;

/** Figures that were never measured. */
final class Samples {

  private Samples() {}

  static Figure of(
      String benchmark, String subject, double score, String unit, String... namesAndValues) {
    Map<String, String> parameters = new LinkedHashMap<>();
    parameters.put(Figure.SUBJECT, subject);
    for (int i = 0; i < namesAndValues.length; i += 2) {
      parameters.put(namesAndValues[i], namesAndValues[i + 1]);
    }
    return new Figure(benchmark, parameters, score, unit, Map.of(), 64, Map.of());
  }

  static Figure append(String subject, double nanos) {
    return of(
        "AppendBenchmark.pipelined",
        subject,
        nanos,
        "ns/op",
        "payloadBytes",
        "1024",
        "perWrite",
        "1",
        "flush",
        "unsafe-os");
  }

  static Figure partitions(String subject, double perSecond) {
    return of(
        "PartitionsBenchmark.awaited",
        subject,
        perSecond,
        "ops/s",
        "payloadBytes",
        "1024",
        "flush",
        "commit");
  }

  static Figure churned(String subject, String environment, double micros) {
    return of("ChurnBenchmark.append", subject, micros, "us/op", "environment", environment);
  }

  static Figure churn(String subject, double onDiskFirst, double onDisk, double retained) {
    Figure plain = of("ChurnSpaceBenchmark.churn", subject, 1, "s/op");
    return new Figure(
        plain.benchmark(),
        plain.parameters(),
        plain.score(),
        plain.unit(),
        Map.of(),
        64,
        Map.of(
            "onDiskFirst",
            onDiskFirst,
            "onDisk",
            onDisk,
            "retained",
            retained,
            "freePages",
            30.0,
            "freeRuns",
            20.0,
            "freeRows",
            10.0));
  }

  /** A result as JMH writes it. */
  static String json(String subject, double nanos) {
    return """
    [{
      "benchmark": "dev.flotilla.benchmarks.jmh.AppendBenchmark.pipelined",
      "mode": "avgt",
      "params": {"subject": "%s", "payloadBytes": "1024", "perWrite": "1", "flush": "unsafe-os"},
      "primaryMetric": {
        "score": %s,
        "scoreUnit": "ns/op",
        "scorePercentiles": {"50.0": 1.0, "99.0": 2.0}
      },
      "secondaryMetrics": {
        "gc.alloc.rate.norm": {"score": 321.0, "scoreUnit": "B/op"}
      }
    }]
    """
        .formatted(subject, nanos);
  }
}
