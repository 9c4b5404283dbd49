package dev.flotilla.raft;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.flotilla.raft.ReplicatedLog.TermEnd;
import dev.flotilla.storage.CorruptLogException;
import dev.flotilla.storage.EntryCompactor;
import dev.flotilla.storage.EntryHeader;
import dev.flotilla.storage.LogBase;
import dev.flotilla.storage.LogClosedException;
import dev.flotilla.storage.LogStore;
import dev.flotilla.storage.LogStore.FirstBatch;
import dev.flotilla.storage.Slice;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import org.junit.jupiter.api.Test;

class LogReaderTest extends LogReaderFixture {

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
  void shouldKnowTheDigestOfEachEntryThatIsKept() {
    // given
    writeData(3);
    write(entries.raftOnly(10));

    // when, then
    assertThat(reader.digest(-1)).contains(new LogDigest(-1, 0, LogBase.ORIGIN.digest()));
    assertThat(reader.digest(2)).contains(new LogDigest(2, 3, store.header(2).digest()));
    assertThat(reader.digest(3)).contains(new LogDigest(3, 3, store.header(2).digest()));
    drop(2);
    assertThat(reader.digest(0)).isEmpty();
    assertThat(reader.digest(1)).contains(new LogDigest(1, 2, store.base().digest()));
  }

  @Test
  void shouldTakeNoDigestFromWhereCompactionLeftNothing() {
    writeData(3);
    store.compact(0, 2, (header, payload) -> new EntryCompactor.Outcome.Empty());

    assertThat(reader.digest(0)).isEmpty();
    assertThat(reader.digest(2)).isPresent();
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
  void shouldReadOnFromTheStoreThatTookThePlaceOfItsOwn() {
    // given a store that is opened again, and closed, between two looks of a read
    writeData(10);
    highWatermark = 10;
    Queue<Runnable> due = new ArrayDeque<>();
    LogStore first = interrupted("batches", () -> due.remove().run());
    ReadableStore stores = new ReadableStore(first);
    due.add(() -> stores.reopenCutAt(engine, 10));
    LogReader raced = reader(stores);

    // when
    try (Slice slice = raced.read(2, 1 << 20, FirstBatch.WHOLE)) {

      // then
      assertThat(slice.bytes()).isEqualTo(8 * BATCH);
    }
    assertThatThrownBy(() -> first.header(0)).isInstanceOf(LogClosedException.class);
    assertThat(raced.endOffset()).isEqualTo(10);

    // and nothing is read of what cannot be trusted
    stores.revoke("damage");
    assertThatThrownBy(() -> raced.read(2, 1 << 20, FirstBatch.WHOLE))
        .isInstanceOf(ReplicatedLogException.Unavailable.class)
        .hasMessageContaining("damage");
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
}
