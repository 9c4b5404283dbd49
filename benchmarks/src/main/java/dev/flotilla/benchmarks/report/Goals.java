package dev.flotilla.benchmarks.report;

import dev.flotilla.benchmarks.report.Goal.Outcome;
import dev.flotilla.benchmarks.report.Goal.Verdict;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/** The figures to reach, all of them ratios within one run but for three that are times. */
final class Goals {

  private static final String PIPELINED = "AppendBenchmark.pipelined";
  private static final String AWAITED = "AppendBenchmark.awaited";
  private static final String SEQUENTIAL = "FetchBenchmark.sequential";
  private static final String KB = "payloadBytes=1024";
  private static final String SINGLE = "perWrite=1";
  private static final String UNSAFE_OS = "flush=unsafe-os";
  private static final String COMMIT = "flush=commit";
  private static final String MMAP = "mmap";
  private static final String LMDB = "lmdb";

  private Goals() {}

  static List<Goal> all() {
    return List.of(
        new Goal(
            "mmap append 1 KB, unsafe-os",
            "at most 400 ns",
            figures ->
                figures
                    .find(PIPELINED, MMAP, KB, SINGLE, UNSAFE_OS)
                    .map(mmap -> new Outcome(Quantity.of(mmap), Verdict.of(mmap.score() <= 400)))),
        timesAsFast("mmap append 1 KB, unsafe-os", "file", 2, PIPELINED, SINGLE, UNSAFE_OS),
        timesAsFast("mmap append 1 KB, unsafe-os", "kafka", 2, PIPELINED, SINGLE, UNSAFE_OS),
        new Goal(
            "mmap append 1 KB, commit, one writer",
            "at most 1.15 times pwrite + fdatasync (p50)",
            Goals::commitRatio),
        fraction(
            "mmap, 16 partitions, commit",
            MMAP,
            "file",
            0.7,
            "PartitionsBenchmark.awaited",
            KB,
            COMMIT),
        fraction(
            "LMDB append, batches of 100 x 1 KB, commit",
            LMDB,
            "raw-lmdb",
            0.8,
            AWAITED,
            KB,
            "perWrite=100",
            COMMIT),
        new Goal(
            "fetch 1 MB warm, mmap, 1 MB entries",
            "at most 60 µs",
            figures ->
                fetch(figures, MMAP, 1 << 20)
                    .map(mmap -> new Outcome(Quantity.of(mmap), Verdict.of(mmap.score() <= 60)))),
        new Goal(
            "heap of a fetch of 1 MB, mmap: entries of 1 KB, 64 KB, 1 MB",
            "stated; under 500 B with 1 MB",
            Goals::heap),
        fraction(
            "fetch 1 MB warm, LMDB, 1 KB entries",
            LMDB,
            "raw-lmdb",
            0.5,
            SEQUENTIAL,
            KB,
            "fetchBytes=1048576"),
        fraction(
            "fetch 1 MB warm, LMDB, 64 KB entries",
            LMDB,
            "raw-lmdb",
            0.5,
            SEQUENTIAL,
            "payloadBytes=65536",
            "fetchBytes=1048576"),
        fraction(
            "fetch 1 MB warm, LMDB, 1 MB entries",
            LMDB,
            "raw-lmdb",
            0.5,
            SEQUENTIAL,
            "payloadBytes=1048576",
            "fetchBytes=1048576"),
        fraction(
            "mmap, append then scan, sync",
            MMAP,
            "rocksdb",
            1,
            "ScanBenchmark.appendThenScan",
            "writes=500"),
        fraction(
            "LMDB, append then scan, sync",
            LMDB,
            "rocksdb",
            1,
            "ScanBenchmark.appendThenScan",
            "writes=500"),
        growth(MMAP, 1.1),
        growth(LMDB, 1.3),
        ChurnGoals.append(MMAP),
        ChurnGoals.append(LMDB),
        ChurnGoals.space(MMAP),
        ChurnGoals.space(LMDB),
        footprint(MMAP, 1024, 1.05),
        footprint(MMAP, 16384, 1.05),
        footprint(LMDB, 1024, 1.35),
        footprint(LMDB, 16384, 1.35),
        recovery(MMAP),
        recovery(LMDB));
  }

  private static Goal timesAsFast(
      String what, String baseline, double least, String benchmark, String... values) {
    return fraction(what, MMAP, baseline, least, benchmark, with(KB, values));
  }

  private static String[] with(String first, String... others) {
    String[] all = new String[others.length + 1];
    all[0] = first;
    System.arraycopy(others, 0, all, 1, others.length);
    return all;
  }

  /** An engine reaches a part, or a multiple, of a baseline's speed. */
  private static Goal fraction(
      String what,
      String engine,
      String baseline,
      double least,
      String benchmark,
      String... values) {
    return new Goal(
        what,
        "at least " + Quantity.times(least) + " times as fast as " + baseline,
        figures -> {
          Optional<Figure> ours = figures.find(benchmark, engine, values);
          Optional<Figure> theirs = figures.find(benchmark, baseline, values);
          if (ours.isEmpty() || theirs.isEmpty()) {
            return Optional.empty();
          }
          double ratio = ours.get().timesAsFastAs(theirs.get());
          String figure =
              "%s times (%s against %s)"
                  .formatted(
                      Quantity.times(ratio), Quantity.of(ours.get()), Quantity.of(theirs.get()));
          return Optional.of(new Outcome(figure, Verdict.of(ratio >= least)));
        });
  }

  private static Optional<Outcome> commitRatio(Figures figures) {
    Optional<Figure> mmap = figures.find(AWAITED, MMAP, KB, SINGLE, COMMIT);
    Optional<Figure> file = figures.find(AWAITED, "file", KB, SINGLE, COMMIT);
    if (mmap.isEmpty() || file.isEmpty()) {
      return Optional.empty();
    }
    double ratio = mmap.get().p50() / file.get().p50();
    String figure =
        "%s times (p50 %s against %s; means %s and %s)"
            .formatted(
                Quantity.times(ratio),
                Quantity.of(mmap.get().p50(), mmap.get().unit()),
                Quantity.of(file.get().p50(), file.get().unit()),
                Quantity.of(mmap.get()),
                Quantity.of(file.get()));
    return Optional.of(new Outcome(figure, Verdict.of(ratio <= 1.15)));
  }

  private static Optional<Figure> fetch(Figures figures, String subject, int payloadBytes) {
    return figures.find(SEQUENTIAL, subject, "payloadBytes=" + payloadBytes, "fetchBytes=1048576");
  }

  private static Optional<Outcome> heap(Figures figures) {
    Optional<Figure> small = fetch(figures, MMAP, 1 << 10);
    Optional<Figure> middle = fetch(figures, MMAP, 1 << 16);
    Optional<Figure> large = fetch(figures, MMAP, 1 << 20);
    if (small.isEmpty() || middle.isEmpty() || large.isEmpty()) {
      return Optional.empty();
    }
    String figure =
        "%s B, %s B, %s B"
            .formatted(
                Quantity.digits(small.get().allocatedBytes()),
                Quantity.digits(middle.get().allocatedBytes()),
                Quantity.digits(large.get().allocatedBytes()));
    return Optional.of(new Outcome(figure, Verdict.of(large.get().allocatedBytes() < 500)));
  }

  /** The largest number of entries that was measured against the smallest. */
  private static Goal growth(String engine, double most) {
    return new Goal(
        engine + " append p50, 10^7 entries against 10^5",
        "at most " + Quantity.times(most) + " times",
        figures -> {
          Optional<Figure> few = figures.find("GrowthBenchmark.append", engine, "entries=100000");
          Optional<Figure> million =
              figures.find("GrowthBenchmark.append", engine, "entries=1000000");
          Optional<Figure> many =
              figures.find("GrowthBenchmark.append", engine, "entries=10000000").or(() -> million);
          if (few.isEmpty() || many.isEmpty()) {
            return Optional.empty();
          }
          double ratio = many.get().p50() / few.get().p50();
          String figure =
              "%s times at %s (p50 %s against %s)"
                  .formatted(
                      Quantity.times(ratio),
                      many.get().parameters().get("entries"),
                      Quantity.of(many.get().p50(), many.get().unit()),
                      Quantity.of(few.get().p50(), few.get().unit()));
          return Optional.of(new Outcome(figure, Verdict.of(ratio <= most)));
        });
  }

  private static Goal footprint(String engine, int payloadBytes, double most) {
    return new Goal(
        "%s bytes on disk per byte, entries of %d KB".formatted(engine, payloadBytes >> 10),
        "at most " + Quantity.times(most),
        figures ->
            figures
                .find("FootprintBenchmark.append", engine, "payloadBytes=" + payloadBytes)
                .map(figure -> figure.diskBytesPerByte().orElse(Double.NaN))
                .map(ratio ->
                    new Outcome(
                        String.format(Locale.ROOT, "%.3f", ratio), Verdict.of(ratio <= most))));
  }

  /** The slowest of all that was measured. */
  private static Goal recovery(String engine) {
    return new Goal(
        engine + " recovery after kill -9",
        "under 1 s whatever is retained",
        figures -> {
          double slowest =
              figures.all().stream()
                  .filter(figure -> figure.benchmark().equals("RecoveryBenchmark.recover"))
                  .filter(figure -> figure.subject().equals(engine))
                  .mapToDouble(figure -> figure.percentiles().getOrDefault("100.0", figure.score()))
                  .max()
                  .orElse(Double.NaN);
          return Double.isNaN(slowest)
              ? Optional.empty()
              : Optional.of(
                  new Outcome(
                      Quantity.of(slowest, "ms/op") + " at most", Verdict.of(slowest < 1000)));
        });
  }
}
