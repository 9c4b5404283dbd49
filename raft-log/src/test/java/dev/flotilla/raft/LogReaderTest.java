package dev.flotilla.raft;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.flotilla.raft.ReplicatedLog.TermEnd;
import dev.flotilla.storage.CorruptLogException;
import dev.flotilla.storage.EngineContext;
import dev.flotilla.storage.Entry;
import dev.flotilla.storage.EntryCompactor.Outcome;
import dev.flotilla.storage.EntryHeader;
import dev.flotilla.storage.FlushListener;
import dev.flotilla.storage.FlushMode;
import dev.flotilla.storage.LogBase;
import dev.flotilla.storage.LogClosedException;
import dev.flotilla.storage.LogId;
import dev.flotilla.storage.LogStore;
import dev.flotilla.storage.LogStore.FirstBatch;
import dev.flotilla.storage.Slice;
import dev.flotilla.storage.StorageEngine;
import dev.flotilla.storage.WriteSet;
import dev.flotilla.storage.testkit.InMemoryEngineFactory;
import dev.flotilla.storage.testkit.InMemoryEngineFactory.Completion;
import dev.flotilla.storage.testkit.TestEntries;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class LogReaderTest {

  private static final int BATCH = 50;

  private final StorageEngine engine =
      new InMemoryEngineFactory(Completion.IN_CALLER)
          .open(
              new EngineContext(
                  Path.of("memory"),
                  FlushMode.COMMIT,
                  1 << 20,
                  1 << 20,
                  Map.of(),
                  FlushListener.NONE));
  private final LogStore store = engine.create(LogId.random(), LogBase.ORIGIN);
  private final TestEntries entries = TestEntries.behind(LogBase.ORIGIN, 7);
  private final List<CorruptLogException> reported = new ArrayList<>();
  private long logStartOffset;
  private long highWatermark;
  private int currentTerm = 1;
  private final LogReader reader = reader(store);

  @AfterEach
  void close() {
    engine.close();
  }

  @Test
  void shouldNotReadPastHighWatermark() {
    // given
    writeData(10);
    highWatermark = 4;

    // when, then
    assertThat(bytesAt(2)).isEqualTo(2 * BATCH);
    assertThat(bytesAt(4)).isZero();
  }

  @Test
  void shouldReadNothingBetweenHighWatermarkAndLogEnd() {
    writeData(10);
    highWatermark = 4;

    assertThat(bytesAt(10)).isZero();
    assertThatThrownBy(() -> bytesAt(11))
        .isInstanceOf(ReplicatedLogException.OffsetOutOfRange.class)
        .hasMessageContaining("[0, 10]");
  }

  @Test
  void shouldNotReadBelowLogStartEvenWhereTheStoreStillHoldsRecords() {
    writeData(10);
    highWatermark = 10;
    logStartOffset = 3;

    assertThat(bytesAt(3)).isEqualTo(7 * BATCH);
    assertThatThrownBy(() -> bytesAt(2))
        .isInstanceOf(ReplicatedLogException.OffsetOutOfRange.class);
  }

  @Test
  void shouldReadFirstBatchWholeOnlyWhenAsked() {
    writeData(2);
    highWatermark = 2;

    try (Slice whole = reader.read(0, 1, FirstBatch.WHOLE);
        Slice within = reader.read(0, 1, FirstBatch.WITHIN_LIMIT)) {
      assertThat(whole.bytes()).isEqualTo(BATCH);
      assertThat(within.bytes()).isZero();
    }
  }

  @Test
  void shouldFindFirstEntryOfTimeBelowHighWatermark() {
    // given records of the times 100, 101, 102, 90, 103
    entries.timeMs(100);
    writeData(3);
    entries.timeMs(90);
    writeData(1);
    entries.timeMs(103);
    writeData(1);
    highWatermark = 4;

    // when, then
    assertThat(baseOffsetOfTime(0)).isZero();
    assertThat(baseOffsetOfTime(101)).isEqualTo(1);
    assertThat(baseOffsetOfTime(102)).isEqualTo(2);
    assertThat(reader.entryOfTime(103)).isEmpty();
    highWatermark = 5;
    assertThat(baseOffsetOfTime(103)).isEqualTo(4);
    assertThat(reader.entryOfTime(104)).isEmpty();
  }

  @Test
  void shouldPassOverEntriesWithoutRecordsWhenLookingForTime() {
    // given
    entries.timeMs(100);
    write(entries.raftOnly(10));
    writeData(1);
    write(entries.raftOnly(10));
    writeData(1);
    highWatermark = 2;

    // when, then
    assertThat(reader.entryOfTime(0).orElseThrow().index()).isEqualTo(1);
    assertThat(reader.entryOfTime(102).orElseThrow().index()).isEqualTo(3);
  }

  @Test
  void shouldFindTimeWhereALargerOneWasDropped() {
    // given a record from the future that is gone
    entries.timeMs(9000);
    writeData(1);
    entries.timeMs(100);
    writeData(5);
    highWatermark = 6;
    EntryHeader dropped = store.header(0);
    store.dropPrefix(new LogBase(0, dropped.term(), 1, dropped.digest())).join();
    logStartOffset = 1;

    // when, then
    assertThat(baseOffsetOfTime(103)).isEqualTo(4);
    assertThat(reader.entryOfTime(105)).isEmpty();
    assertThat(reader.entryOfLargestTimestamp().orElseThrow().baseOffset()).isEqualTo(5);
  }

  @Test
  void shouldFindTimeFarBehindADroppedLargerOne() {
    // given more entries than are looked at together
    entries.timeMs(900_000);
    writeData(1);
    entries.timeMs(100);
    writeData(700);
    highWatermark = 701;
    logStartOffset = 1;

    // when, then
    assertThat(baseOffsetOfTime(799)).isEqualTo(700);
  }

  @Test
  void shouldPassOverEmptiedEntries() {
    // given
    entries.timeMs(100);
    writeData(6);
    highWatermark = 6;
    store.compact(
        0,
        6,
        (header, payload) ->
            header.baseOffset() == 2 || header.baseOffset() == 5
                ? new Outcome.Empty()
                : new Outcome.Keep());

    // when, then
    assertThat(baseOffsetOfTime(102)).isEqualTo(3);
    assertThat(reader.entryOfLargestTimestamp().orElseThrow().baseOffset()).isEqualTo(4);
  }

  @Test
  void shouldFindFirstEntryOfLargestTimestamp() {
    // given records of the times 100, 101, 101, 50
    entries.timeMs(100);
    writeData(2);
    entries.timeMs(101);
    writeData(1);
    entries.timeMs(50);
    writeData(1);

    // when, then
    assertThat(reader.entryOfLargestTimestamp()).isEmpty();
    highWatermark = 1;
    assertThat(reader.entryOfLargestTimestamp().orElseThrow().baseOffset()).isZero();
    highWatermark = 4;
    assertThat(reader.entryOfLargestTimestamp().orElseThrow().baseOffset()).isEqualTo(1);
  }

  @Test
  void shouldFindNoTimestampInLogWithoutRecords() {
    assertThat(reader.entryOfLargestTimestamp()).isEmpty();
    write(entries.raftOnly(10));
    assertThat(reader.entryOfLargestTimestamp()).isEmpty();
    assertThat(reader.entryOfTime(0)).isEmpty();
  }

  @Test
  void shouldEndTermWhereTheNextOneBegins() {
    // given term 1 holds offsets 0 to 2, term 3 none, term 4 offsets 3 and 4
    writeData(3);
    entries.term(3);
    write(entries.raftOnly(10));
    entries.term(4);
    write(entries.raftOnly(10));
    writeData(2);
    currentTerm = 5;

    // when, then
    assertThat(reader.endOfTerm(0)).isEmpty();
    assertThat(reader.endOfTerm(1)).contains(new TermEnd(1, 3));
    assertThat(reader.endOfTerm(2)).contains(new TermEnd(1, 3));
    assertThat(reader.endOfTerm(3)).contains(new TermEnd(3, 3));
    assertThat(reader.endOfTerm(4)).contains(new TermEnd(4, 5));
    assertThat(reader.endOfTerm(5)).contains(new TermEnd(4, 5));
    assertThat(reader.endOfTerm(6)).isEmpty();
  }

  @Test
  void shouldKnowNoTermInEmptyLog() {
    assertThat(reader.endOfTerm(1)).isEmpty();
  }

  @Test
  void shouldNotCountEntriesOfATermThatBeginsDuringTheCall() {
    // given a log in which term 2 begins between the look at its end and the look at its terms
    writeData(3);
    currentTerm = 2;
    LogReader raced =
        reader(
            interrupted(
                "termStarts",
                () -> {
                  entries.term(2);
                  writeData(4);
                }));

    // when, then
    assertThat(raced.endOfTerm(1)).contains(new TermEnd(1, 3));
  }

  @Test
  void shouldShowHeadersOfCommittedEntries() {
    // given
    writeData(2);
    write(entries.raftOnly(10));
    writeData(600);
    write(entries.raftOnly(10));
    highWatermark = 601;

    // when
    List<Long> indexes = new ArrayList<>();
    reader.headers(1, header -> indexes.add(header.index()));

    // then up to offset 600, which lies at index 601
    assertThat(indexes).hasSize(601).first().isEqualTo(1L);
    assertThat(indexes).last().isEqualTo(601L);
    assertThat(indexes).isSorted();
  }

  @Test
  void shouldShowNoHeadersAtHighWatermarkAndRefuseOffsetsOutOfRange() {
    writeData(5);
    write(entries.raftOnly(10));
    highWatermark = 5;
    List<EntryHeader> seen = new ArrayList<>();

    reader.headers(5, seen::add);

    assertThat(seen).isEmpty();
    assertThatThrownBy(() -> reader.headers(6, seen::add))
        .isInstanceOf(ReplicatedLogException.OffsetOutOfRange.class);
  }

  @Test
  void shouldLeaveWhatTheConsumerThrowsAlone() {
    writeData(5);
    highWatermark = 5;

    assertThatThrownBy(() ->
            reader.headers(
                0,
                header -> {
                  throw new IndexOutOfBoundsException("mine");
                }))
        .isInstanceOf(IndexOutOfBoundsException.class)
        .hasMessage("mine");
  }

  @Test
  void shouldReportDamageAndBeUnavailable() {
    // given
    writeData(5);
    highWatermark = 5;
    CorruptLogException damage = new CorruptLogException("entry 2 is bad", 2);

    for (String method : List.of("batches", "headers", "indexOfTime")) {
      // when
      reported.clear();
      LogReader broken = reader(failing(method, damage));

      // then
      assertThatThrownBy(
              () -> {
                broken.read(0, 1000, FirstBatch.WHOLE).close();
                broken.entryOfTime(0);
              })
          .isInstanceOf(ReplicatedLogException.Unavailable.class)
          .hasMessageContaining("orders-0")
          .hasCause(damage);
      assertThat(reported).containsExactly(damage);
    }
  }

  @Test
  void shouldBeUnavailableWithoutReportWhenStoreIsClosed() {
    LogReader broken = reader(failing("endOffset", new LogClosedException("closed")));

    assertThatThrownBy(() -> broken.read(0, 1000, FirstBatch.WHOLE))
        .isInstanceOf(ReplicatedLogException.Unavailable.class);
    assertThat(reported).isEmpty();
  }

  @Test
  void shouldBeOutOfRangeWhenEntriesAreDroppedDuringTheRead() {
    // given
    writeData(10);
    highWatermark = 10;
    LogReader raced = reader(interrupted("batches", () -> drop(5)));

    // when, then
    assertThatThrownBy(() -> raced.read(2, 1000, FirstBatch.WHOLE))
        .isInstanceOf(ReplicatedLogException.OffsetOutOfRange.class)
        .hasMessageContaining("[5, 10]");
  }

  @Test
  void shouldLookAgainForTimeWhenEntriesAreDroppedDuringTheSearch() {
    // given
    entries.timeMs(100);
    writeData(10);
    highWatermark = 10;
    LogReader raced = reader(interrupted("headers", () -> drop(5)));

    // when, then
    assertThat(raced.entryOfTime(102).orElseThrow().baseOffset()).isEqualTo(5);
  }

  @Test
  void shouldBeOutOfRangeWhenHeadersAreDroppedDuringTheWalk() {
    // given
    writeData(10);
    highWatermark = 10;
    LogReader raced = reader(interrupted("headers", () -> drop(5)));

    // when, then
    assertThatThrownBy(() -> raced.headers(2, header -> {}))
        .isInstanceOf(ReplicatedLogException.OffsetOutOfRange.class);
  }

  private LogReader reader(LogStore of) {
    return new LogReader(
        "orders-0",
        new ReadableStore(of),
        () -> logStartOffset,
        () -> highWatermark,
        () -> currentTerm,
        reported::add);
  }

  private int bytesAt(long offset) {
    try (Slice slice = reader.read(offset, 1 << 20, FirstBatch.WHOLE)) {
      return slice.bytes();
    }
  }

  private long baseOffsetOfTime(long timestampMs) {
    return reader.entryOfTime(timestampMs).orElseThrow().baseOffset();
  }

  private void writeData(int count) {
    write(entries.several(count, BATCH).toArray(Entry[]::new));
  }

  private void write(Entry... written) {
    store.write(WriteSet.append(Arrays.asList(written))).join();
  }

  /** Drops the first entries, of which each holds one offset. */
  private void drop(int count) {
    EntryHeader last = store.header(count - 1);
    store
        .dropPrefix(new LogBase(last.index(), last.term(), last.endOffset(), last.digest()))
        .join();
  }

  /** The store, to which something happens just before a method is first called. */
  private LogStore interrupted(String method, Runnable interruption) {
    Deque<Runnable> due = new ArrayDeque<>(List.of(interruption));
    return proxy(
        method,
        () -> {
          if (!due.isEmpty()) {
            due.remove().run();
          }
        });
  }

  private LogStore failing(String method, RuntimeException failure) {
    return proxy(
        method,
        () -> {
          throw failure;
        });
  }

  private LogStore proxy(String name, Runnable before) {
    return (LogStore)
        Proxy.newProxyInstance(
            LogStore.class.getClassLoader(),
            new Class<?>[] {LogStore.class},
            (proxy, method, arguments) -> {
              if (method.getName().equals(name)) {
                before.run();
              }
              try {
                return method.invoke(store, arguments);
              } catch (InvocationTargetException e) {
                throw e.getCause();
              }
            });
  }
}
