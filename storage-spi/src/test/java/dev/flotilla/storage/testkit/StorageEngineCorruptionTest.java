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
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

/**
 * An engine that keeps files never returns a wrong byte. The fault: of a log that was closed
 * cleanly, one bit of one file changes. Then the log does not open, or it opens with all its
 * entries, and each read returns what was written or throws {@link CorruptLogException}.
 */
public abstract class StorageEngineCorruptionTest {

  private static final int FLIPS = 40;

  /** The engine under test; asked once per run. */
  protected abstract StorageEngineFactory factory();

  @Test
  void shouldNeverReturnAWrongByte() {
    Tries.withSeeds(1, 30, seed -> flip(new SplittableRandom(seed)));
  }

  private void flip(SplittableRandom random) {
    try (ScratchDirectory scratch = new ScratchDirectory()) {
      Path original = scratch.path().resolve("original");
      LogId id = LogId.random();
      LogContent content = write(original, id, random);
      DiskImage image = DiskImage.capture(original, DiskImage.empty());
      for (int i = 0; i < FLIPS; i++) {
        Path damaged = scratch.path().resolve("damaged-" + i);
        flipOneBit(image, random).writeTo(damaged);
        check(damaged, id, content);
        ScratchDirectory.delete(damaged);
      }
    }
  }

  private LogContent write(Path directory, LogId id, SplittableRandom random) {
    LogContent content = new LogContent(LogBase.ORIGIN);
    try (StorageEngine engine = EngineFixture.open(factory(), directory)) {
      LogStore log = engine.create(id, LogBase.ORIGIN);
      for (int i = 0; i < 20; i++) {
        RandomWrites writes = new RandomWrites(content, random);
        var set = i % 5 == 4 ? writes.truncate() : writes.append();
        EngineFixture.await(log.write(set));
        content.apply(set);
      }
    }
    return content;
  }

  /** Mostly in a byte that is not zero: preallocated space matters to nobody. */
  private static DiskImage flipOneBit(DiskImage image, SplittableRandom random) {
    List<DiskImage.Inode> inodes =
        image.names().values().stream()
            .filter(inode -> image.files().getOrDefault(inode, FilePages.NONE).size() > 0)
            .toList();
    DiskImage.Inode inode = inodes.get(random.nextInt(inodes.size()));
    byte[] bytes = image.files().getOrDefault(inode, FilePages.NONE).bytes();
    int position = random.nextInt(bytes.length);
    for (int tries = 0; tries < 10_000 && bytes[position] == 0; tries++) {
      position = random.nextInt(bytes.length);
    }
    bytes[position] ^= (byte) (1 << random.nextInt(8));
    Map<DiskImage.Inode, FilePages> files = new HashMap<>(image.files());
    files.put(inode, FilePages.of(bytes, FilePages.NONE));
    return new DiskImage(image.directories(), image.names(), files);
  }

  private void check(Path directory, LogId id, LogContent content) {
    try (StorageEngine engine = EngineFixture.open(factory(), directory)) {
      DiskImage before = DiskImage.capture(directory, DiskImage.empty());
      long damagedFrom;
      try (LogStore log = engine.open(id)) {
        assertThat(log.base()).isEqualTo(content.base());
        assertThat(log.endIndex()).isEqualTo(content.endIndex());
        damagedFrom = firstDamaged(log, content);
      } catch (CorruptLogException e) {
        DiskImage after = DiskImage.capture(directory, DiskImage.empty());
        assertThat(after.sameBytes(before)).as("an open that fails changes nothing").isTrue();
        damagedFrom = e.index();
      }
      cut(engine, id, content, damagedFrom);
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
