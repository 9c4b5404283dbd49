package dev.flotilla.benchmarks.report;

import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;

/**
 * Figures of subjects that did the same.
 *
 * @param figures at least one, in the order in which they were measured
 */
public record Comparison(List<Figure> figures) {

  private static final Map<String, String> METHODS =
      Map.ofEntries(
          Map.entry("AppendBenchmark.pipelined", "append, many on the way"),
          Map.entry("AppendBenchmark.awaited", "append and wait"),
          Map.entry("PartitionsBenchmark.awaited", "append and wait, 16 writers"),
          Map.entry("FetchBenchmark.sequential", "fetch in order"),
          Map.entry("FetchBenchmark.random", "fetch anywhere"),
          Map.entry("FetchBenchmark.tail", "fetch the newest"),
          Map.entry("LookupBenchmark.offset", "find an offset"),
          Map.entry("LookupBenchmark.time", "find a time"),
          Map.entry("ScanBenchmark.appendThenScan", "append, then read all"),
          Map.entry("GrowthBenchmark.append", "append and wait"),
          Map.entry("GrowthBenchmark.fetch", "fetch 64 KB anywhere"),
          Map.entry("ChurnBenchmark.append", "append and wait"),
          Map.entry("ChurnBenchmark.appendBatch", "append 100 and wait"),
          Map.entry("ChurnBenchmark.appendToAll", "append to all and wait"),
          Map.entry("ChurnSpaceBenchmark.churn", "bytes on disk per byte retained"),
          Map.entry("FootprintBenchmark.append", "bytes on disk per byte"),
          Map.entry("RecoveryBenchmark.recover", "open after kill -9"),
          Map.entry("RaftBenchmark.awaited", "append through Raft and wait"),
          Map.entry("RaftBenchmark.pipelined", "append through Raft, many on the way"),
          Map.entry("RequestBenchmark.codec", "parse, check, answer"),
          Map.entry("RequestBenchmark.dispatched", "the same over a connection"));

  public Comparison {
    figures = List.copyOf(figures);
  }

  Figure first() {
    return figures.getFirst();
  }

  /** What was done, for people: {@code append and wait, 100 x 1 KB, commit}. */
  public String title() {
    String values =
        first().parameters().entrySet().stream()
            .filter(value -> !value.getKey().equals(Figure.SUBJECT))
            .map(value -> words(value.getKey(), value.getValue()))
            .filter(words -> !words.isEmpty())
            .collect(Collectors.joining(", "));
    String method = METHODS.getOrDefault(first().benchmark(), first().benchmark());
    return values.isEmpty() ? method : method + ": " + values;
  }

  private static String words(String parameter, String value) {
    return switch (parameter) {
      case "payloadBytes" -> size(value) + " payloads";
      case "fetchBytes" -> size(value) + " fetches";
      case "perWrite" -> value.equals("1") ? "" : value + " per write";
      case "entries" -> String.format(Locale.ROOT, "%,d entries", Long.parseLong(value));
      case "retainedMb" -> value + " MB retained";
      case "unsyncedMb" -> value + " MB not synced";
      case "logs" -> value + " logs";
      case "hours" -> value + " hours";
      case "logMb", "preallocatedMb", "retainedKb" -> "";
      case "producedMb" -> value + " MB";
      case "writes" -> value + " writes";
      default -> value;
    };
  }

  private static String size(String bytes) {
    long count = Long.parseLong(bytes);
    if (count >= 1 << 20) {
      return (count >> 20) + " MB";
    }
    return count >= 1 << 10 ? (count >> 10) + " KB" : count + " B";
  }
}
