package dev.flotilla.storage.testkit;

import dev.flotilla.storage.EntryHeader;
import dev.flotilla.storage.LogId;
import dev.flotilla.storage.LogStore;
import dev.flotilla.storage.StorageEngine;
import dev.flotilla.storage.StorageEngineFactory;
import dev.flotilla.storage.WriteSet;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.SplittableRandom;
import java.util.UUID;

/**
 * The program that {@link StorageEngineKillTest} kills: writes to a log for ever. Each line that it
 * prints is a promise which takes the place of the one before: the index and the digest of an entry
 * that the log holds from now on, with all entries before it, whatever happens. That is the last
 * one when a write was acknowledged; before a write that truncates it is the last one that stays.
 */
final class KilledWriter {

  private final LogStore log;
  private final SplittableRandom random;

  private KilledWriter(LogStore log, SplittableRandom random) {
    this.log = log;
    this.random = random;
  }

  /** Arguments: the class of the engine's factory, the engine's directory, the log, a seed. */
  public static void main(String[] arguments) throws Exception {
    StorageEngineFactory factory =
        Class.forName(arguments[0])
            .asSubclass(StorageEngineFactory.class)
            .getDeclaredConstructor()
            .newInstance();
    SplittableRandom random = new SplittableRandom(Long.parseLong(arguments[3]));
    try (StorageEngine engine = EngineFixture.open(factory, Path.of(arguments[1]))) {
      LogStore log = engine.open(new LogId(UUID.fromString(arguments[2])));
      KilledWriter writer = new KilledWriter(log, random);
      while (log.endIndex() < Long.MAX_VALUE) {
        if (random.nextInt(8) == 0 && log.endIndex() > 4) {
          writer.replace(log.endIndex() - random.nextInt(1, 4));
        } else {
          writer.append();
        }
        promise(log.lastHeader().orElseThrow());
      }
    }
  }

  private void append() {
    write(WriteSet.KEEP, TestEntries.behind(log, random.nextLong()));
  }

  private void replace(long from) throws IOException {
    EntryHeader kept = log.header(from - 1);
    long term = log.header(log.endIndex() - 1).term() + 1;
    promise(kept);
    write(from, TestEntries.behind(kept, random.nextLong()).term(term));
  }

  private void write(long truncateFrom, TestEntries entries) {
    EngineFixture.await(
        log.write(
            new WriteSet(
                truncateFrom, entries.several(random.nextInt(1, 20), random.nextInt(1, 20_000)))));
  }

  /** In one write to the pipe, so that a kill leaves the whole line or nothing of it. */
  private static void promise(EntryHeader last) throws IOException {
    String line = last.index() + " " + last.digest() + "\n";
    System.out.write(line.getBytes(StandardCharsets.US_ASCII));
    System.out.flush();
  }
}
