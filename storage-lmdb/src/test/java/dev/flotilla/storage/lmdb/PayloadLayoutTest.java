package dev.flotilla.storage.lmdb;

import static org.assertj.core.api.Assertions.assertThat;

import dev.flotilla.storage.BatchExtent;
import dev.flotilla.storage.Entry;
import dev.flotilla.storage.EntryCompactor.Outcome;
import dev.flotilla.storage.LogBase;
import dev.flotilla.storage.LogId;
import dev.flotilla.storage.LogStore;
import dev.flotilla.storage.WriteSet;
import dev.flotilla.storage.testkit.TestEntries;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.LongPredicate;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.lmdbjava.Dbi;

/** Payloads share the pages of a stream; those of rewritten entries have rows of their own. */
final class PayloadLayoutTest {

  private final LogId id = LogId.random();

  @TempDir Path directory;
  private LmdbEngine engine;
  private LogStore log;

  @BeforeEach
  void open() {
    engine = Engines.open(directory);
    log = engine.create(id, LogBase.ORIGIN);
  }

  @AfterEach
  void close() {
    engine.close();
  }

  private List<Entry> append(int count, int bytes) throws Exception {
    List<Entry> entries = TestEntries.behind(log, count + bytes).several(count, bytes);
    for (int from = 0; from < count; from += 100) {
      Engines.append(log, entries.subList(from, Math.min(count, from + 100)));
    }
    return entries;
  }

  @Test
  void shouldTakeLittleMoreOfTheFileThanThePayloadsHave() throws Exception {
    append(4000, 1000);

    double ratio = Files.size(directory.resolve(EnvironmentFiles.ENVIRONMENT)) / 4_000_000.0;
    assertThat(ratio).isLessThan(1.25);
  }

  @Test
  void shouldGoOnInTheLastBlockWithEachTransactionAndWhenItIsOpenedAgain() throws Exception {
    List<Entry> expected = new ArrayList<>();
    for (int bytes : new int[] {1, 4079, 4080, 4081, 8160, 100, 12_345, 3}) {
      expected.addAll(append(2, bytes));
    }
    assertThat(Engines.shown(log)).isEqualTo(expected);
    log.close();
    log = engine.open(id);
    expected.addAll(append(3, 500));

    assertThat(Engines.shown(log)).isEqualTo(expected);
    int bytes = expected.stream().mapToInt(entry -> entry.payload().remaining()).sum();
    assertThat(rows(engine.environment(), 1)).isEqualTo((bytes + 4079) / 4080);
  }

  /** Entries of a predicate lose what an outcome says. */
  private void compact(LongPredicate which, Outcome outcome) {
    log.compact(
        0,
        log.endIndex(),
        (header, _) -> which.test(header.index()) ? outcome : new Outcome.Keep());
  }

  private static Outcome left(int bytes) {
    return new Outcome.Replace(
        List.of(new BatchExtent(bytes, 0)), ByteBuffer.allocate(4), ByteBuffer.allocate(bytes));
  }

  @Test
  void shouldKeepABlockWhileOneEntryHasItsPayloadThere() throws Exception {
    List<Entry> entries = append(400, 100);
    compact(index -> index % 40 != 7, new Outcome.Empty());

    for (int index = 7; index < 400; index += 40) {
      assertThat(Engines.shown(log).get(index)).isEqualTo(entries.get(index));
    }
    assertThat(rows(engine.environment(), 1)).isEqualTo(10);
  }

  @Test
  void shouldRemoveBlocksWhoseEntriesWereAllRewrittenButTheLast() throws Exception {
    append(400, 100);
    Engines.append(log, List.of(TestEntries.behind(log, 1).raftOnly(0)));
    append(400, 100);
    compact(index -> index % 2 == 0, new Outcome.Empty());
    assertThat(rows(engine.environment(), 1)).isEqualTo(20);
    compact(index -> index % 2 != 0, new Outcome.Empty());

    assertThat(rows(engine.environment(), 1)).isEqualTo(1);
    List<Entry> more = append(50, 100);
    assertThat(Engines.shown(log).subList(801, 851)).isEqualTo(more);
  }

  @Test
  void shouldShowRewrittenPayloadsBesideOthersAndCutAmongThem() throws Exception {
    List<Entry> entries = append(60, 9000);
    compact(index -> index % 3 == 0, left(5000));
    compact(index -> index % 6 == 0, left(10));
    checkRewritten(entries);
    log.close();
    log = engine.open(id);
    checkRewritten(entries);

    for (long cut : new long[] {50, 36, 33}) {
      Engines.await(log.write(WriteSet.truncate(cut)));
      List<Entry> more = append(2, 700);
      assertThat(Engines.shown(log).subList((int) cut, (int) cut + 2)).isEqualTo(more);
    }
    checkRewritten(entries.subList(0, 33));
  }

  private void checkRewritten(List<Entry> before) {
    List<Entry> shown = Engines.shown(log);
    for (int index = 0; index < before.size(); index++) {
      int left = index % 6 == 0 ? 10 : index % 3 == 0 ? 5000 : 9000;
      assertThat(shown.get(index).payload().remaining()).isEqualTo(left);
      if (left == 9000) {
        assertThat(shown.get(index)).isEqualTo(before.get(index));
      }
    }
  }

  @Test
  void shouldCutIntoABlockThatWasRemovedAndAppendThere() throws Exception {
    List<Entry> entries = append(200, 1000);
    compact(index -> index > 50 && index < 150, new Outcome.Empty());
    Engines.await(log.write(WriteSet.truncate(100)));
    List<Entry> more = append(20, 300);

    assertThat(Engines.shown(log).subList(0, 51)).isEqualTo(entries.subList(0, 51));
    assertThat(Engines.shown(log).subList(100, 120)).isEqualTo(more);
  }

  @Test
  void shouldDropAPrefixThatEndsAmongRewrittenEntries() throws Exception {
    List<Entry> entries = append(200, 1000);
    compact(index -> index < 100, left(10));
    Engines.await(log.dropPrefix(Engines.baseBehind(log, 80)));
    assertThat(Engines.shown(log)).hasSize(119);
    Engines.await(log.dropPrefix(Engines.baseBehind(log, 150)));

    assertThat(Engines.shown(log)).isEqualTo(entries.subList(151, 200));
  }

  @Test
  void shouldHaveNoRowLeftOfALogThatWasRewrittenAndDeleted() throws Exception {
    append(60, 9000);
    compact(index -> index % 3 == 0, left(5000));
    log.close();
    engine.delete(id);
    engine.close();

    try (LmdbEngine again = Engines.open(directory)) {
      again.create(LogId.random(), LogBase.ORIGIN).close();
    }
    try (LmdbEngine again = Engines.open(directory)) {
      assertThat(rows(again.environment(), 1)).isZero();
      int heads = again.environment().read(s -> count(s, s.databases.headers(), 1));
      assertThat(heads).isZero();
    }
  }

  /** How many rows of payloads a log has. */
  private static int rows(Environment environment, int log) {
    return environment.read(snapshot -> count(snapshot, snapshot.databases.payloads(), log));
  }

  private static int count(Snapshot snapshot, Dbi<ByteBuffer> database, int log) {
    int[] count = new int[1];
    snapshot.scan(
        database,
        Keys.block(snapshot.key, log, 0),
        (key, _) -> {
          boolean mine = key.getInt(0) == log;
          count[0] += mine ? 1 : 0;
          return mine;
        });
    return count[0];
  }
}
