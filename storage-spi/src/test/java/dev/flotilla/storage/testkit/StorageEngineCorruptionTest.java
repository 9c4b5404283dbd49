package dev.flotilla.storage.testkit;

import static org.assertj.core.api.Assertions.assertThat;

import dev.flotilla.storage.CorruptLogException;
import dev.flotilla.storage.Entry;
import dev.flotilla.storage.EntryHeader;
import dev.flotilla.storage.LogBase;
import dev.flotilla.storage.LogId;
import dev.flotilla.storage.LogStore;
import dev.flotilla.storage.LogStore.FirstBatch;
import dev.flotilla.storage.StorageEngine;
import dev.flotilla.storage.StorageEngineFactory;
import dev.flotilla.storage.WriteSet;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

/**
 * An engine that keeps files never returns a wrong byte. The fault: of a log that was closed
 * cleanly, one bit of one file changes, or a file is deleted, cut, or zeros from somewhere on. Then
 * the log does not open, or it opens with all its entries, and each read returns what was written
 * or throws {@link CorruptLogException}. Where more than a bit is gone the log may be unknown too,
 * or be what it was earlier: the end of a file that is gone looks like one that was never written.
 */
public abstract class StorageEngineCorruptionTest {

  private static final int FLIPS = 30;

  /** Of files or their ends. */
  private static final int LOSSES = 12;

  /** The engine under test; asked once per run. */
  protected abstract StorageEngineFactory factory();

  @Test
  void shouldNeverReturnAWrongByte() {
    Tries.withSeeds(1, 30, seed -> damage(new SplittableRandom(seed), FileDamage.FLIPPED_BIT));
  }

  @Test
  void shouldNeverReturnAWrongByteOfFilesThatAreGone() {
    Tries.withSeeds(1, 10, seed -> damage(new SplittableRandom(seed), FileDamage.DELETED));
  }

  @Test
  void shouldNeverReturnAWrongByteOfFilesThatAreCut() {
    Tries.withSeeds(1, 10, seed -> damage(new SplittableRandom(seed), FileDamage.CUT));
  }

  @Test
  void shouldNeverReturnAWrongByteOfFilesThatAreZeros() {
    Tries.withSeeds(1, 10, seed -> damage(new SplittableRandom(seed), FileDamage.ZEROED));
  }

  private void damage(SplittableRandom random, FileDamage damage) {
    try (ScratchDirectory scratch = new ScratchDirectory()) {
      Path original = scratch.path().resolve("original");
      LogId id = LogId.random();
      States history = write(original, id, random);
      DiskImage image = DiskImage.capture(original, DiskImage.empty());
      Set<String> names = new TreeSet<>(image.names().keySet());
      for (int i = 0; i < (damage == FileDamage.FLIPPED_BIT ? FLIPS : LOSSES); i++) {
        Path damaged = scratch.path().resolve("damaged-" + i);
        image.writeTo(damaged);
        // Each file in turn.
        String name = List.copyOf(names).get(i % names.size());
        damage.inflict(damaged.resolve(name), random);
        try {
          check(damaged, id, history, damage);
        } catch (RuntimeException | AssertionError e) {
          throw new AssertionError(damage + " " + name + ": " + e.getMessage(), e);
        }
        ScratchDirectory.delete(damaged);
      }
    }
  }

  /** What a log was after each entry that was written. */
  private record States(List<LogContent> contents) {

    static States of(LogContent first) {
      return new States(new ArrayList<>(List.of(first.copy())));
    }

    LogContent last() {
      return contents.getLast();
    }

    void apply(WriteSet set) {
      LogContent next = last().copy();
      next.truncate(set.truncateFrom());
      contents.add(next);
      for (Entry entry : set.entries()) {
        next = next.copy();
        next.append(entry);
        contents.add(next);
      }
    }

    /** The latest that a log may be; the last if it is none of them. */
    LogContent get(LogStore log) {
      return contents.reversed().stream()
          .filter(each ->
              each.endIndex() == log.endIndex() && each.lastHeader().equals(log.lastHeader()))
          .findFirst()
          .orElse(last());
    }
  }

  private States write(Path directory, LogId id, SplittableRandom random) {
    LogContent content = new LogContent(LogBase.ORIGIN);
    States history = States.of(content);
    try (StorageEngine engine = EngineFixture.open(factory(), directory)) {
      LogStore log = engine.create(id, LogBase.ORIGIN);
      for (int i = 0; i < 40; i++) {
        RandomWrites writes = new RandomWrites(content, random);
        WriteSet set =
            switch (i % 10) {
              case 4, 8 -> writes.truncate();
              // So that there are several segments, where an engine has them.
              case 9 ->
                  WriteSet.append(
                      TestEntries.behind(content, random.nextLong()).several(8, 60_000));
              default -> writes.append();
            };
        EngineFixture.await(log.write(set));
        content.apply(set);
        history.apply(set);
      }
    }
    return history;
  }

  private void check(Path directory, LogId id, States history, FileDamage damage) {
    try (StorageEngine engine = EngineFixture.open(factory(), directory)) {
      if (damage != FileDamage.FLIPPED_BIT && !engine.logs().contains(id)) {
        return;
      }
      DiskImage before = DiskImage.capture(directory, DiskImage.empty());
      LogContent content = history.last();
      LogContent expected = content;
      long damagedFrom;
      try (LogStore log = engine.open(id)) {
        assertThat(log.base()).isEqualTo(content.base());
        expected = damage == FileDamage.FLIPPED_BIT ? content : history.get(log);
        assertThat(log.endIndex()).isEqualTo(expected.endIndex());
        damagedFrom = firstDamaged(log, expected);
      } catch (CorruptLogException e) {
        DiskImage after = DiskImage.capture(directory, DiskImage.empty());
        assertThat(after.sameBytes(before)).as("an open that fails changes nothing").isTrue();
        damagedFrom = e.index();
      }
      cut(engine, id, expected, damagedFrom);
      engine.delete(id);
      assertThat(engine.logs()).doesNotContain(id);
    }
  }

  /** The first index that cannot be read, the end if there is none. */
  private static long firstDamaged(LogStore log, LogContent content) {
    long damaged = content.endIndex();
    for (long index = content.endIndex() - 1; index > content.base().index(); index--) {
      Entry expected = content.entry(index);
      boolean header = right(() -> log.header(expected.header().index()), expected.header());
      boolean payload =
          right(() -> LogReader.payload(log, expected.header().index()), expected.payload());
      if (!header || !payload) {
        damaged = index;
      }
    }
    List<EntryHeader> headers = new ArrayList<>();
    right(
        () -> {
          log.headers(content.base().index() + 1, content.endIndex(), headers::add);
          return headers;
        },
        content.entries().stream().map(Entry::header).toList());
    ByteBuffer all =
        LogReader.join(
            content.batches(0, content.endOffset(), Integer.MAX_VALUE, FirstBatch.WHOLE));
    boolean isDamaged = damaged < content.endIndex();
    right(
        () -> {
          ByteBuffer read =
              LogReader.batches(log, 0, content.endOffset(), Integer.MAX_VALUE, FirstBatch.WHOLE);
          boolean stoppedShort = isDamaged && read.hasRemaining();
          return stoppedShort && all.slice(0, Math.min(all.limit(), read.limit())).equals(read)
              ? all
              : read;
        },
        all);
    return damaged;
  }

  private interface Read {
    Object get();
  }

  private static boolean right(Read read, Object expected) {
    try {
      assertThat(read.get()).isEqualTo(expected);
      return true;
    } catch (CorruptLogException e) {
      return false;
    }
  }

  /** What lies below the damage can be kept, unless the log does not know itself any more. */
  private static void cut(StorageEngine engine, LogId id, LogContent content, long damagedFrom) {
    if (damagedFrom <= content.base().index()) {
      return;
    }
    LogContent expected = content.copy();
    expected.truncate(damagedFrom);
    try (LogStore log = engine.openCutAt(id, damagedFrom)) {
      LogComparison.assertSame(log, expected);
    } catch (CorruptLogException e) {
      assertThat(e.index()).as("damage below a cut").isLessThanOrEqualTo(damagedFrom);
    }
  }
}
