package dev.flotilla.benchmarks.run;

import static dev.flotilla.benchmarks.subject.Subjects.CHRONICLE;
import static dev.flotilla.benchmarks.subject.Subjects.FILE;
import static dev.flotilla.benchmarks.subject.Subjects.KAFKA;
import static dev.flotilla.benchmarks.subject.Subjects.MAPPED;
import static dev.flotilla.benchmarks.subject.Subjects.RAW_LMDB;
import static dev.flotilla.benchmarks.subject.Subjects.ROCKSDB;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * All suites there are, for some engines: the whole of them, which takes hours, or the part that
 * the figures to reach are about, which takes minutes.
 */
public final class Suites {

  private static final String[] ALL_BASELINES = {FILE, MAPPED, RAW_LMDB, KAFKA, ROCKSDB, CHRONICLE};

  private final List<String> engines;
  private final boolean quick;

  private Suites(List<String> engines, boolean quick) {
    this.engines = engines;
    this.quick = quick;
  }

  /** All that is measured, in the order of the report. */
  public static List<Suite> whole(List<String> engines) {
    return new Suites(engines, false).all();
  }

  /** The same for those in a hurry: fewer values, fewer and shorter runs. */
  public static List<Suite> quick(List<String> engines) {
    return new Suites(engines, true).all();
  }

  private List<Suite> all() {
    return List.of(
        append(),
        commit(),
        partitions(),
        fetch(),
        lookup(),
        scan(),
        growth(),
        churn(),
        footprint(),
        recovery(),
        raft(),
        request());
  }

  private Suite append() {
    List<String> subjects = subjects(ALL_BASELINES);
    Effort effort = Effort.halfSeconds(quick ? 2 : 5, 2, quick ? 3 : 10);
    List<Measurement> measurements = new ArrayList<>();
    measurements.add(
        new Measurement(
            "AppendBenchmark.pipelined",
            subjects,
            parameters(
                "payloadBytes", quick ? "1024" : "100,1024,16384,1048576",
                "perWrite", "1",
                "flush", "unsafe-os"),
            effort));
    if (!quick) {
      measurements.add(
          new Measurement(
              "AppendBenchmark.pipelined",
              subjects,
              parameters("payloadBytes", "100,1024,16384", "perWrite", "100", "flush", "unsafe-os"),
              effort));
    }
    return new Suite("append", "Append without sync, one writer", measurements);
  }

  private Suite commit() {
    var single =
        parameters(
            "payloadBytes", quick ? "1024" : "100,1024,16384,1048576",
            "perWrite", "1",
            "flush", "commit");
    var batched =
        parameters(
            "payloadBytes", quick ? "1024" : "100,1024,16384",
            "perWrite", "100",
            "flush", "commit");
    List<String> subjects = subjects(ALL_BASELINES);
    Effort effort = Effort.halfSeconds(quick ? 2 : 5, 1, quick ? 3 : 10);
    return new Suite(
        "commit",
        "Append and sync, one writer",
        List.of(
            new Measurement("AppendBenchmark.awaited", subjects, single, effort),
            new Measurement(
                "AppendBenchmark.awaited",
                quick ? subjects(FILE, RAW_LMDB, KAFKA, ROCKSDB) : subjects,
                batched,
                effort)));
  }

  private Suite partitions() {
    var what =
        parameters(
            "payloadBytes", quick ? "1024" : "100,1024,16384",
            "flush", quick ? "commit" : "commit,unsafe-os");
    return new Suite(
        "partitions",
        "Append from sixteen writers to sixteen partitions",
        List.of(
            new Measurement(
                "PartitionsBenchmark.awaited",
                subjects(FILE, RAW_LMDB, KAFKA, ROCKSDB),
                what,
                Effort.halfSeconds(quick ? 2 : 5, 1, quick ? 3 : 10))));
  }

  private Suite fetch() {
    List<String> subjects = subjects(ALL_BASELINES);
    Effort effort = Effort.halfSeconds(quick ? 1 : 3, 2, quick ? 3 : 5);
    var large = parameters("payloadBytes", "1024,65536,1048576", "fetchBytes", "1048576");
    var small = parameters("payloadBytes", "1024", "fetchBytes", quick ? "65536" : "4096,65536");
    List<Measurement> measurements = new ArrayList<>();
    measurements.add(new Measurement("FetchBenchmark.sequential", subjects, large, effort));
    for (String method : List.of("sequential", "random", "tail")) {
      if (!quick || method.equals("random")) {
        measurements.add(
            new Measurement(
                "FetchBenchmark." + method, quick ? subjects() : subjects, small, effort));
      }
    }
    return new Suite("fetch", "Fetch from the page cache", measurements);
  }

  private Suite lookup() {
    var what = parameters("entries", quick ? "100000" : "100000,1000000");
    Effort effort = Effort.halfSeconds(quick ? 1 : 3, 2, quick ? 3 : 5);
    return new Suite(
        "lookup",
        "Find an offset and a time",
        List.of(
            new Measurement(
                "LookupBenchmark.offset",
                quick ? subjects(KAFKA) : subjects(RAW_LMDB, KAFKA, ROCKSDB),
                what,
                effort),
            new Measurement("LookupBenchmark.time", subjects(), what, effort)));
  }

  private Suite scan() {
    var what = parameters("writes", quick ? "500" : "500,5000");
    return new Suite(
        "scan",
        "Append with a sync for each 100 KB, then read all",
        List.of(
            new Measurement(
                "ScanBenchmark.appendThenScan",
                subjects(FILE, RAW_LMDB, KAFKA, ROCKSDB),
                what,
                Effort.shots(quick ? 2 : 5, 1, quick ? 4 : 10))));
  }

  private Suite growth() {
    var what = parameters("entries", quick ? "100000,1000000" : "100000,1000000,10000000");
    Effort effort = Effort.halfSeconds(quick ? 2 : 3, 2, quick ? 4 : 10);
    return new Suite(
        "growth",
        "Append and fetch by entries retained",
        List.of(
            new Measurement("GrowthBenchmark.append", subjects(), what, effort),
            new Measurement(
                "GrowthBenchmark.fetch",
                subjects(),
                what,
                Effort.halfSeconds(quick ? 1 : 3, 2, quick ? 3 : 10))));
  }

  private Suite churn() {
    var week = parameters("hours", quick ? "24" : "168");
    var what = parameters("hours", quick ? "24" : "168", "environment", "churned,fresh");
    Effort effort = Effort.halfSeconds(quick ? 1 : 3, 2, quick ? 6 : 10);
    List<Measurement> measurements = new ArrayList<>();
    measurements.add(
        new Measurement("ChurnSpaceBenchmark.churn", subjects(), week, Effort.shots(1, 0, 1)));
    measurements.add(new Measurement("ChurnBenchmark.append", subjects(), what, effort));
    if (!quick) {
      measurements.add(new Measurement("ChurnBenchmark.appendBatch", subjects(), what, effort));
      measurements.add(new Measurement("ChurnBenchmark.appendToAll", subjects(), what, effort));
    }
    return new Suite("churn", "Append behind a week of retention and deletions", measurements);
  }

  private Suite footprint() {
    var what =
        parameters(
            "payloadBytes", quick ? "1024,16384" : "1024,16384,65536,1048576", "producedMb", "256");
    return new Suite(
        "footprint",
        "Bytes on the disk for each byte appended",
        List.of(
            new Measurement(
                "FootprintBenchmark.append",
                subjects(RAW_LMDB, KAFKA, ROCKSDB),
                what,
                Effort.shots(1, 0, 1))));
  }

  private Suite recovery() {
    Effort effort = Effort.shots(quick ? 1 : 3, 0, quick ? 3 : 5);
    var what =
        quick
            ? parameters("retainedMb", "0,1024", "unsyncedMb", "16")
            : parameters("retainedMb", "0,256,2048", "unsyncedMb", "0,16,256");
    return new Suite(
        "recovery",
        "Open after kill -9",
        List.of(new Measurement("RecoveryBenchmark.recover", subjects(), what, effort)));
  }

  private Suite raft() {
    var what = parameters("payloadBytes", quick ? "1024" : "1024,65536");
    Effort effort = Effort.halfSeconds(quick ? 1 : 3, 4, quick ? 4 : 10);
    return new Suite(
        "raft",
        "Append through Raft, three servers in one process",
        List.of(
            new Measurement("RaftBenchmark.awaited", subjects(), what, effort),
            new Measurement("RaftBenchmark.pipelined", subjects(), what, effort)));
  }

  private Suite request() {
    var what = parameters("payloadBytes", quick ? "1024" : "1024,65536");
    Effort effort = Effort.halfSeconds(quick ? 1 : 3, 3, quick ? 3 : 5);
    return new Suite(
        "request",
        "A Produce request without its partition",
        List.of(
            new Measurement("RequestBenchmark.codec", List.of(), what, effort),
            new Measurement("RequestBenchmark.dispatched", List.of(), what, effort)));
  }

  /** The engines, and some baselines behind them. */
  private List<String> subjects(String... baselines) {
    List<String> subjects = new ArrayList<>(engines);
    subjects.addAll(List.of(baselines));
    return List.copyOf(subjects);
  }

  /** Names, each followed by its values with commas between them. */
  private static Map<String, List<String>> parameters(String... namesAndValues) {
    Map<String, List<String>> parameters = new LinkedHashMap<>();
    for (int i = 0; i < namesAndValues.length; i += 2) {
      parameters.put(namesAndValues[i], List.of(namesAndValues[i + 1].split(",")));
    }
    return parameters;
  }
}
