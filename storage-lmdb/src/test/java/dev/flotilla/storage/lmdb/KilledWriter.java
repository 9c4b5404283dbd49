package dev.flotilla.storage.lmdb;

import dev.flotilla.storage.Entry;
import dev.flotilla.storage.EntryHeader;
import dev.flotilla.storage.LogId;
import dev.flotilla.storage.LogStore;
import dev.flotilla.storage.WriteSet;
import dev.flotilla.storage.testkit.TestEntries;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.SplittableRandom;
import java.util.UUID;
import java.util.concurrent.TimeUnit;

/**
 * The program that {@link KilledProcessTest} kills: writes to a log for ever and prints, on a line
 * each, the term, index and digest of the last entry whenever that was acknowledged.
 */
final class KilledWriter {

  private KilledWriter() {}

  public static void main(String[] arguments) throws Exception {
    SplittableRandom random = new SplittableRandom(Long.parseLong(arguments[2]));
    try (LmdbEngine engine = Engines.open(Path.of(arguments[0]))) {
      LogStore log = engine.open(new LogId(UUID.fromString(arguments[1])));
      while (log.endIndex() < Long.MAX_VALUE) {
        write(log, random);
        EntryHeader last = log.lastHeader().orElseThrow();
        print(last.term() + " " + last.index() + " " + last.digest());
      }
    }
  }

  private static void write(LogStore log, SplittableRandom random) throws Exception {
    long end = log.endIndex();
    long from = random.nextInt(8) == 0 && end > 4 ? end - random.nextInt(1, 4) : end;
    long term = from < end || end == 0 ? 1 : log.header(end - 1).term();
    TestEntries entries =
        from == 0
            ? TestEntries.behind(log.base(), random.nextLong())
            : TestEntries.behind(log.header(from - 1), random.nextLong());
    if (from < end) {
      term = log.header(end - 1).term() + 1;
    }
    List<Entry> appended =
        entries.term(term).several(random.nextInt(1, 20), random.nextInt(1, 20_000));
    log.write(new WriteSet(from < end ? from : WriteSet.KEEP, appended)).get(60, TimeUnit.SECONDS);
  }

  private static void print(String line) throws IOException {
    System.out.write((line + "\n").getBytes(StandardCharsets.US_ASCII));
    System.out.flush();
  }
}
