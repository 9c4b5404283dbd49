package dev.flotilla.storage.lmdb;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.flotilla.storage.CorruptLogException;
import dev.flotilla.storage.Entry;
import dev.flotilla.storage.FlushListener;
import dev.flotilla.storage.LogBase;
import dev.flotilla.storage.LogId;
import dev.flotilla.storage.LogStore;
import dev.flotilla.storage.LogStore.FirstBatch;
import dev.flotilla.storage.Slice;
import dev.flotilla.storage.WriteSet;
import dev.flotilla.storage.testkit.TestEntries;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.lmdbjava.Dbi;

/** Rows that are not what was written are damage to their log, and to no other. */
final class DamagedRowsTest {

  /** The first log that is created. */
  private static final int NUMBER = 1;

  private static final int ENTRIES = 20;
  private static final int BYTES = 6000;

  private final LogId id = LogId.random();
  private final LogId other = LogId.random();
  private final List<Entry> entries = TestEntries.behind(LogBase.ORIGIN, 1).several(ENTRIES, BYTES);

  @TempDir Path directory;

  @BeforeEach
  void writeTwoLogs() throws Exception {
    try (LmdbEngine engine = Engines.open(directory)) {
      Engines.append(engine.create(id, LogBase.ORIGIN), entries);
      Engines.append(engine.create(other, LogBase.ORIGIN), entries);
    }
  }

  private void change(Consumer<Changes> change) {
    EngineConfig config = Engines.config(directory, Map.of(), FlushListener.NONE);
    try (Environment environment =
        Environment.open(directory.resolve(EnvironmentFiles.ENVIRONMENT), config)) {
      environment.write(
          Long.MAX_VALUE,
          changes -> {
            change.accept(changes);
            changes.commit();
          });
    }
  }

  /** The first block that holds nothing of the entry before. */
  private static void removeBlock(Changes changes, long index) {
    long block = StreamExtent.blockFrom(index * BYTES);
    changes.remove(changes.databases.payloads(), Keys.block(changes.key, NUMBER, block));
  }

  private static void garbleHeader(Changes changes, long index) {
    var key = Keys.entry(changes.key, NUMBER, index, 0);
    changes.reserve(changes.databases.headers(), key, 100).put(new byte[100]);
  }

  @Test
  void shouldFindABlockOfPayloadsMissing() {
    change(changes -> removeBlock(changes, 7));
    try (LmdbEngine engine = Engines.open(directory)) {
      LogStore log = engine.open(id);
      damagedAt(7, () -> log.payload(7));
      assertThat(log.header(7)).isEqualTo(entries.get(7).header());
      try (Slice short_ = log.batches(0, ENTRIES, Integer.MAX_VALUE, FirstBatch.WHOLE)) {
        assertThat(short_.bytes()).isEqualTo(7 * BYTES);
      }
      damagedAt(7, () -> log.batches(7, ENTRIES, Integer.MAX_VALUE, FirstBatch.WHOLE));
      assertThat(Engines.shown(engine.open(other))).isEqualTo(entries);
    }
  }

  @Test
  void shouldTellADamagedHeaderFromOneThatWasDropped() throws Exception {
    change(changes -> garbleHeader(changes, 7));
    try (LmdbEngine engine = Engines.open(directory)) {
      LogStore log = engine.open(id);
      damagedAt(7, () -> log.header(7));
      damagedAt(7, () -> log.headers(0, ENTRIES, _ -> {}));
      Engines.await(log.dropPrefix(Engines.baseBehind(log, 9)));
      assertThatThrownBy(() -> log.header(7)).isInstanceOf(IndexOutOfBoundsException.class);
      assertThat(Engines.shown(log)).isEqualTo(entries.subList(10, ENTRIES));
    }
  }

  /** A damaged page may say so of a key; no row has one. */
  @Test
  void shouldEndALogsRowsWhereAKeyIsTooShortToBeOne() throws Exception {
    byte[] behindAllTerms = {2, -1};
    byte[] behindAllOfTheLog = {0, 0, 0, NUMBER, -1};
    change(changes -> {
      putKey(changes, changes.databases.logs(), behindAllTerms);
      putKey(changes, changes.databases.headers(), behindAllOfTheLog);
      putKey(changes, changes.databases.payloads(), behindAllOfTheLog);
    });
    try (LmdbEngine engine = Engines.open(directory)) {
      LogStore log = engine.open(other);
      Engines.await(log.dropPrefix(Engines.baseBehind(log, ENTRIES - 2)));
      assertThat(Engines.shown(log)).isEqualTo(entries.subList(ENTRIES - 1, ENTRIES));
      try (LogStore damaged = engine.open(id)) {
        assertThat(Engines.shown(damaged)).isEqualTo(entries);
      }
      engine.delete(id);
      assertThat(engine.logs()).containsExactly(other);
    }
  }

  private static void putKey(Changes changes, Dbi<ByteBuffer> database, byte[] key) {
    changes.reserve(database, changes.key.clear().put(key).flip(), 100).put(new byte[100]);
  }

  @Test
  void shouldNotOpenALogWhoseLastEntryIsMissingButCutIt() throws Exception {
    change(changes -> garbleHeader(changes, ENTRIES - 1));
    try (LmdbEngine engine = Engines.open(directory)) {
      damagedAt(ENTRIES - 1, () -> engine.open(id));
      LogStore log = engine.openCutAt(id, ENTRIES - 1);
      assertThat(Engines.shown(log)).isEqualTo(entries.subList(0, ENTRIES - 1));
      List<Entry> more = TestEntries.behind(log, 3).several(3, BYTES);
      Engines.append(log, more);
      assertThat(Engines.shown(log).subList(ENTRIES - 1, ENTRIES + 2)).isEqualTo(more);
    }
  }

  /** The drop reads the entry that the log will begin with. */
  @Test
  void shouldFailTheLogThatIsDamagedAndCommitTheOthers() throws Exception {
    change(changes -> garbleHeader(changes, 7));
    Gate gate = new Gate();
    try (LmdbEngine engine = Engines.open(directory, gate, Map.of())) {
      LogStore damaged = engine.open(id);
      LogStore good = engine.open(other);
      LogStore third = engine.create(LogId.random(), LogBase.ORIGIN);
      LogBase base = Engines.baseBehind(damaged, 6);
      gate.close();
      CompletableFuture<Void> before = third.write(WriteSet.append(entries.subList(0, 1)));
      gate.awaitHeld();
      CompletableFuture<Void> first =
          good.write(WriteSet.append(TestEntries.behind(good, 1).several(1, 10)));
      CompletableFuture<Void> drop = damaged.dropPrefix(base);
      CompletableFuture<Void> last = third.write(WriteSet.append(entries.subList(1, 2)));
      gate.open();

      for (CompletableFuture<Void> write : List.of(before, first, last)) {
        Engines.await(write);
      }
      Engines.failsWith(drop, CorruptLogException.class, "entry 7");
      assertThat(good.endIndex()).isEqualTo(ENTRIES + 1);
      assertThat(Engines.shown(third)).isEqualTo(entries.subList(0, 2));
    }
  }

  /** LMDB itself finds the page that the drop needs damaged. */
  @Test
  void shouldFailTheLogWhosePageIsDamagedAndCommitTheOthers() throws Exception {
    LogId large = LogId.random();
    try (LmdbEngine engine = Engines.open(directory)) {
      LogStore log = engine.create(large, LogBase.ORIGIN);
      Engines.append(log, TestEntries.behind(LogBase.ORIGIN, 1).several(300, 10));
    }
    long first = garbleALeafOfHeaders(3);
    Gate gate = new Gate();
    try (LmdbEngine engine = Engines.open(directory, gate, Map.of("check.max.bytes", "0"))) {
      LogStore damaged = engine.open(large);
      LogStore good = engine.open(other);
      LogBase base = Engines.baseBehind(damaged, first - 1);
      gate.close();
      CompletableFuture<Void> before =
          good.write(WriteSet.append(TestEntries.behind(good, 1).several(1, 10)));
      gate.awaitHeld();
      CompletableFuture<Void> drop = damaged.dropPrefix(base);
      CompletableFuture<Void> last = engine.open(id).write(WriteSet.truncate(5));
      gate.open();

      Engines.await(before);
      Engines.await(last);
      Engines.failsWith(drop, CorruptLogException.class, "damaged");
    }
  }

  /** Makes a page of a log's headers, none at its ends, one of no kind; the first index in it. */
  private long garbleALeafOfHeaders(int log) throws Exception {
    Path file = directory.resolve(EnvironmentFiles.ENVIRONMENT);
    try (FileChannel channel =
        FileChannel.open(file, StandardOpenOption.READ, StandardOpenOption.WRITE)) {
      for (long number = 2; number < channel.size() / Keys.PAGE_BYTES; number++) {
        Page page = Page.read(channel, number, Keys.PAGE_BYTES);
        if (page.kind() == Page.LEAF && page.bytes().getLong(0) == number) {
          ByteBuffer key = page.node(0).key();
          boolean inTheMiddle =
              key.limit() == Keys.ENTRY_KEY_BYTES
                  && key.getInt(0) == log
                  && key.getLong(4) > 20
                  && key.getLong(4) < 200
                  && page.node(0).valueBytes() > 50;
          if (inTheMiddle) {
            channel.write(ByteBuffer.allocate(2), number * Keys.PAGE_BYTES + 10);
            return key.getLong(4);
          }
        }
      }
    }
    throw new AssertionError("the log's headers are in no page of their own");
  }

  private static void damagedAt(long index, Runnable read) {
    assertThatThrownBy(read::run)
        .isInstanceOfSatisfying(
            CorruptLogException.class, e -> assertThat(e.index()).isEqualTo(index));
  }
}
