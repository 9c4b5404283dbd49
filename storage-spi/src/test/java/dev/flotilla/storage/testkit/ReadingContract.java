package dev.flotilla.storage.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.flotilla.storage.BatchExtent;
import dev.flotilla.storage.Entry;
import dev.flotilla.storage.EntryHeader;
import dev.flotilla.storage.LogBase;
import dev.flotilla.storage.LogStore.FirstBatch;
import dev.flotilla.storage.Slice;
import dev.flotilla.storage.TermStart;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;

/** What reads answer, and where their bounds are. */
abstract class ReadingContract extends LogContract {

  @Test
  void shouldAnswerFromAnEmptyLog() {
    startBehind(new LogBase(6, 3, 40, 1));

    assertThat(log.endIndex()).isEqualTo(7);
    assertThat(log.endOffset()).isEqualTo(40);
    assertThat(log.lastHeader()).isEmpty();
    assertThat(log.termStarts()).isEmpty();
    assertThat(log.indexOfOffset(40)).isEmpty();
    assertThat(log.indexOfTime(0)).isEmpty();
    log.headers(7, 7, header -> assertThat(header).as("no header").isNull());
    assertThat(LogReader.batches(log, 40, 100, 100, FirstBatch.WHOLE).remaining()).isZero();
    outOfBounds(() -> log.header(7));
    outOfBounds(() -> log.header(6));
  }

  @Test
  void shouldReadWithinTheLogOnly() {
    startBehind(new LogBase(6, 3, 40, 1));
    append(entries.several(3, 10));

    for (long index : new long[] {-1, 0, 6, 10, 11, Long.MAX_VALUE}) {
      outOfBounds(() -> log.header(index));
      outOfBounds(() -> log.payload(index));
    }
    outOfBounds(() -> log.headers(6, 8, _ -> {}));
    outOfBounds(() -> log.headers(8, 11, _ -> {}));
    outOfBounds(() -> log.batches(39, 43, 100, FirstBatch.WHOLE));
  }

  private static void outOfBounds(ThrowingCallable read) {
    assertThatThrownBy(read).isInstanceOf(IndexOutOfBoundsException.class);
  }

  @Test
  void shouldShowARangeOfHeadersInOrder() {
    append(entries.several(30, 10));
    List<EntryHeader> headers = new ArrayList<>();
    log.headers(4, 21, headers::add);

    assertThat(headers)
        .isEqualTo(expected.entries().subList(4, 21).stream().map(Entry::header).toList());
    log.headers(30, 30, _ -> assertThat(false).as("an empty range").isTrue());
  }

  @Test
  void shouldFindBatchesAsInTheExample() {
    append(entries.data(fiveRecords(100, 110)), entries.data(fiveRecords(120)));

    assertThat(bytes(7, 15, 10_000)).isEqualTo(230);
    assertThat(bytes(7, 14, 10_000)).isEqualTo(110);
    assertThat(bytes(5, 10, 10_000)).isEqualTo(110);
    assertThat(bytes(0, 15, 10_000)).isEqualTo(330);
    assertThat(bytes(7, 9, 10_000)).isZero();
    assertThat(bytes(15, 20, 10_000)).isZero();
    assertThat(bytes(99, 100, 10_000)).isZero();
  }

  private static List<BatchExtent> fiveRecords(int... lengths) {
    List<BatchExtent> batches = new ArrayList<>();
    for (int length : lengths) {
      batches.add(new BatchExtent(length, batches.size() * 5 + 4));
    }
    return batches;
  }

  private int bytes(long offset, long endOffset, int maxBytes) {
    return LogReader.batches(log, offset, endOffset, maxBytes, FirstBatch.WHOLE).remaining();
  }

  @Test
  void shouldReturnAsManyBatchesAsFit() {
    append(entries.data(fiveRecords(100, 110)), entries.data(fiveRecords(120)));

    assertThat(bytes(0, 15, 330)).isEqualTo(330);
    assertThat(bytes(0, 15, 329)).isEqualTo(210);
    assertThat(bytes(0, 15, 210)).isEqualTo(210);
    assertThat(bytes(0, 15, 209)).isEqualTo(100);
    assertThat(bytes(0, 15, 99)).isEqualTo(100);
    assertThat(bytes(7, 15, 0)).isEqualTo(110);
    assertThat(LogReader.batches(log, 0, 15, 99, FirstBatch.WITHIN_LIMIT).remaining()).isZero();
    assertThat(LogReader.batches(log, 0, 15, 100, FirstBatch.WITHIN_LIMIT).remaining())
        .isEqualTo(100);
  }

  @Test
  void shouldSkipWhatHoldsNoRecords() {
    append(entries.raftOnly(50), entries.data(10), entries.raftOnly(50), entries.raftOnly(0));
    append(entries.skipOffsets(10).data(20), entries.raftOnly(50));

    assertThat(bytes(0, 100, 1000)).isEqualTo(30);
    assertThat(bytes(1, 100, 1000)).isEqualTo(20);
    assertThat(bytes(5, 100, 1000)).isEqualTo(20);
    assertThat(bytes(5, 11, 1000)).isZero();
    assertThat(bytes(5, 12, 1000)).isEqualTo(20);
    assertThat(log.indexOfOffset(0)).hasValue(1);
    assertThat(log.indexOfOffset(1)).hasValue(4);
    assertThat(log.indexOfOffset(11)).hasValue(4);
    assertThat(log.indexOfOffset(12)).isEmpty();
  }

  @Test
  void shouldReadBatchesAcrossSegments() {
    append(megabyte());
    append(megabyte());
    append(megabyte());

    assertThat(bytes(0, 48, Integer.MAX_VALUE)).isEqualTo(3 << 20);
    assertThat(bytes(10, 40, Integer.MAX_VALUE)).isEqualTo(30 * (64 << 10));
    LogComparison.assertSame(log, expected);
  }

  @Test
  void shouldFindTimesAmongTimestampsInAnyOrder() {
    append(entries.raftOnly(3));
    for (long timeMs : new long[] {500, 100, 900, 200, 1000}) {
      append(entries.timeMs(timeMs).data(10));
    }

    assertThat(log.indexOfTime(100)).hasValue(1);
    assertThat(log.indexOfTime(500)).hasValue(1);
    assertThat(log.indexOfTime(501)).hasValue(3);
    assertThat(log.indexOfTime(901)).hasValue(5);
    assertThat(log.indexOfTime(1000)).hasValue(5);
    assertThat(log.indexOfTime(1001)).isEmpty();
  }

  @Test
  void shouldKnowWhereTermsBegin() {
    append(entries.term(2).several(3, 10));
    append(entries.term(5).raftOnly(4), entries.data(10));

    assertThat(log.termStarts()).containsExactly(new TermStart(2, 0, 0), new TermStart(5, 3, 3));
    reopen();
    assertThat(log.termStarts()).containsExactly(new TermStart(2, 0, 0), new TermStart(5, 3, 3));
  }

  @Test
  void shouldLendReadOnlyBuffersWithPositionsOfTheirOwn() {
    append(entries.data(100), entries.data(100));
    try (Slice first = log.payload(0);
        Slice second = log.payload(0);
        Slice batches = log.batches(0, 2, 1000, FirstBatch.WHOLE)) {
      first.buffers().getFirst().position(50);

      assertThat(first.buffers()).hasSize(1);
      assertThat(second.buffers().getFirst().remaining()).isEqualTo(100);
      assertThat(batches.bytes()).isEqualTo(200);
      assertThat(batches.buffers()).allMatch(ByteBuffer::isReadOnly);
      assertThat(second.buffers()).allMatch(ByteBuffer::isReadOnly);
    }
  }

  @Test
  void shouldTakeAtLeastTheSpaceOfItsEntries() {
    append(megabyte());

    assertThat(log.diskBytes()).isGreaterThanOrEqualTo(1 << 20);
  }
}
