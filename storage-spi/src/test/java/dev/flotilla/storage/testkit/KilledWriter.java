package dev.flotilla.storage.testkit;

import dev.flotilla.storage.EntryHeader;
import dev.flotilla.storage.LogBase;
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
 * The program that {@link StorageEngineKillTest} kills: writes to a log for ever, truncates it,
 * drops its oldest entries, and makes and deletes another log beside it. Each line that it prints
 * is a {@link Promise}, which takes the place of the one before.
 */
final class KilledWriter {

  /** What is kept when a prefix is dropped: a few segments where an engine has them. */
  private static final int KEPT_ENTRIES = 60;

  private final StorageEngine engine;
  private final LogStore log;
  private final SplittableRandom random;

  private KilledWriter(StorageEngine engine, LogStore log, SplittableRandom random) {
    this.engine = engine;
    this.log = log;
    this.random = random;
  }

  /** What the writer does next. */
  enum Step {
    APPEND,
    /** An append of more than a segment, where an engine has them. */
    ROLL,
    TRUNCATE,
    DROP_PREFIX,
    OTHER_LOG
  }

  /**
   * What the log holds from now on, whatever happens: an entry with this digest at this index, and
   * all before it that are not dropped. That is the last one when a write was acknowledged; before
   * a write that truncates it is the last one that stays.
   *
   * @param base the index that the log begins behind, at least
   * @param dropped the same, at most: a drop may be under way
   * @param next what is done now
   */
  record Promise(long index, long digest, long base, long dropped, Step next) {

    static boolean isOne(String line) {
      return line.matches("\\d+ -?\\d+ -?\\d+ -?\\d+ [A-Z_]+");
    }

    static Promise parse(String line) {
      String[] words = line.split(" ");
      return new Promise(
          Long.parseLong(words[0]),
          Long.parseLong(words[1]),
          Long.parseLong(words[2]),
          Long.parseLong(words[3]),
          Step.valueOf(words[4]));
    }

    @Override
    public String toString() {
      return "%d %d %d %d %s".formatted(index, digest, base, dropped, next);
    }
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
      KilledWriter writer = new KilledWriter(engine, log, random);
      writer.append();
      while (log.endIndex() < Long.MAX_VALUE) {
        writer.step();
      }
    }
  }

  private void step() throws IOException {
    long length = log.endIndex() - log.base().index() - 1;
    int choice = random.nextInt(16);
    if (choice < 3 && length > 5) {
      replace(log.endIndex() - random.nextInt(1, 4));
    } else if (choice < 5 && length > KEPT_ENTRIES) {
      drop(log.endIndex() - random.nextInt(2, KEPT_ENTRIES));
    } else if (choice == 5) {
      promise(last(), Step.OTHER_LOG);
      makeAndDelete();
    } else if (choice == 6) {
      promise(last(), Step.ROLL);
      write(WriteSet.append(TestEntries.behind(log, random.nextLong()).several(22, 50_000)));
    } else {
      promise(last(), Step.APPEND);
      append();
    }
  }

  private EntryHeader last() {
    return log.lastHeader().orElseThrow();
  }

  private void append() {
    write(some(WriteSet.KEEP, TestEntries.behind(log, random.nextLong())));
  }

  private void replace(long from) throws IOException {
    EntryHeader kept = log.header(from - 1);
    long term = last().term() + 1;
    promise(kept, Step.TRUNCATE);
    write(some(from, TestEntries.behind(kept, random.nextLong()).term(term)));
  }

  private void drop(long index) throws IOException {
    EntryHeader header = log.header(index);
    promise(last(), log.base().index(), index, Step.DROP_PREFIX);
    EngineFixture.await(
        log.dropPrefix(new LogBase(index, header.term(), header.endOffset(), header.digest())));
  }

  private void makeAndDelete() {
    LogId id = LogId.random();
    try (LogStore other = engine.create(id, LogBase.ORIGIN)) {
      EngineFixture.await(
          other.write(
              WriteSet.append(TestEntries.behind(other, random.nextLong()).several(3, 5_000))));
    }
    engine.delete(id);
  }

  private WriteSet some(long truncateFrom, TestEntries entries) {
    return new WriteSet(
        truncateFrom, entries.several(random.nextInt(1, 20), random.nextInt(1, 20_000)));
  }

  private void write(WriteSet set) {
    EngineFixture.await(log.write(set));
  }

  private void promise(EntryHeader last, Step next) throws IOException {
    promise(last, log.base().index(), log.base().index(), next);
  }

  /** In one write to the pipe, so that a kill leaves the whole line or nothing of it. */
  private static void promise(EntryHeader last, long base, long dropped, Step next)
      throws IOException {
    Promise promise = new Promise(last.index(), last.digest(), base, dropped, next);
    System.out.write((promise + "\n").getBytes(StandardCharsets.US_ASCII));
    if (System.out.checkError()) {
      throw new IOException("nobody listens");
    }
  }
}
