package dev.flotilla.storage.testkit;

import static org.assertj.core.api.Assertions.assertThat;

import dev.flotilla.storage.BatchExtent;
import dev.flotilla.storage.Entry;
import dev.flotilla.storage.EntryCompactor;
import dev.flotilla.storage.EntryCompactor.Outcome;
import dev.flotilla.storage.EntryHeader;
import dev.flotilla.storage.EntryKind;
import dev.flotilla.storage.Slice;
import dev.flotilla.storage.WriteSet;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What compaction does to entries; those of the newest file may be left alone. */
abstract class CompactionContract extends LogContract {

  /** So much of a log lies surely not in its newest file. */
  private static final int OLD_ENTRIES = 16;

  private void writeThreeMegabytes() {
    append(megabyte());
    append(megabyte());
    append(entries.raftOnly(10));
    append(megabyte());
  }

  /** Compacts, and makes the oracle's entries what the log made of its own, if that is legal. */
  private void compact(long from, long to, EntryCompactor compactor) {
    log.compact(from, to, compactor);
    for (Entry entry : expected.entries()) {
      long index = entry.header().index();
      if (index >= from && index < to && !LogReader.entry(log, index).equals(entry)) {
        expected.replace(Compaction.compact(entry, compactor));
      }
    }
    LogComparison.assertSame(log, expected);
  }

  /** Of two batches keeps the second. */
  private static Outcome keepSecond(EntryHeader header, Slice payload) {
    BatchExtent first = header.batches().get(0);
    BatchExtent second = header.batches().get(1);
    ByteBuffer left = LogReader.copy(payload).position(first.length());
    return new Outcome.Replace(List.of(second), ByteBuffer.wrap(new byte[] {1, 2, 3}), left);
  }

  @Test
  void shouldKeepEmptyAndReplaceEntries() {
    for (int i = 0; i < 48; i++) {
      append(entries.data(32 << 10, 32 << 10));
    }
    compact(
        0,
        48,
        (header, payload) ->
            switch ((int) header.index() % 3) {
              case 0 -> new Outcome.Keep();
              case 1 -> new Outcome.Empty();
              default -> keepSecond(header, payload);
            });

    List<Integer> batchesLeft = List.of(2, 0, 1);
    for (int index = 0; index < OLD_ENTRIES; index++) {
      EntryHeader header = log.header(index);
      assertThat(header.kind()).isEqualTo(index % 3 == 1 ? EntryKind.EMPTIED : EntryKind.DATA);
      assertThat(header.batches()).hasSize(batchesLeft.get(index % 3));
    }
    reopenAndCompare();
    append(entries.data(100));
    reopenAndCompare();
  }

  @Test
  void shouldMakeRoom() {
    writeThreeMegabytes();
    long before = log.diskBytes();
    compact(0, log.endIndex(), (_, _) -> new Outcome.Empty());
    append(entries.data(10));

    reopen();
    assertThat(log.diskBytes()).isLessThan(before);
    LogComparison.assertSame(log, expected);
  }

  @Test
  void shouldEmptyRunsInSeveralRounds() {
    writeThreeMegabytes();
    compact(0, log.endIndex(), (h, _) -> emptyIf(h.index() % 4 == 1));
    reopenAndCompare();
    compact(0, log.endIndex(), (h, _) -> emptyIf(h.index() % 4 < 3));
    reopenAndCompare();
    compact(0, log.endIndex(), (h, _) -> emptyIf(h.index() < 9));

    for (int index = 0; index < 9; index++) {
      assertThat(log.header(index).kind()).isEqualTo(EntryKind.EMPTIED);
      assertThat(LogReader.payload(log, index).remaining()).isZero();
    }
    // Entry 9 may be within a range by now; 11 was never emptied.
    assertThat(log.header(11).digest()).isEqualTo(expected.entry(11).header().digest());
    reopenAndCompare();
  }

  private static Outcome emptyIf(boolean condition) {
    return condition ? new Outcome.Empty() : new Outcome.Keep();
  }

  @Test
  void shouldAskOnceForEachDataEntryOfTheRange() {
    append(Compaction.emptied(entries.data(10)), entries.raftOnly(10));
    writeThreeMegabytes();
    List<Long> asked = new ArrayList<>();
    log.compact(
        0,
        30,
        (header, payload) -> {
          asked.add(header.index());
          assertThat(header).isEqualTo(expected.entry(header.index()).header());
          assertThat(LogReader.copy(payload)).isEqualTo(expected.entry(header.index()).payload());
          return new Outcome.Keep();
        });

    assertThat(asked).isSorted().doesNotHaveDuplicates();
    assertThat(asked).allMatch(index -> index >= 2 && index < 30);
    for (long index = 2; index < OLD_ENTRIES; index++) {
      assertThat(asked).contains(index);
    }
    LogComparison.assertSame(log, expected);
  }

  @Test
  void shouldLeaveEntriesOutsideTheRange() {
    writeThreeMegabytes();
    compact(5, 10, (_, _) -> new Outcome.Empty());

    for (int index = 0; index < OLD_ENTRIES; index++) {
      boolean inRange = index >= 5 && index < 10;
      assertThat(log.header(index).kind()).isEqualTo(inRange ? EntryKind.EMPTIED : EntryKind.DATA);
    }
  }

  @Test
  void shouldTruncateAndDropWithinWhatWasCompacted() {
    writeThreeMegabytes();
    compact(0, log.endIndex(), (h, _) -> emptyIf(h.index() % 2 == 0));
    EngineFixture.await(log.dropPrefix(expected.baseBehind(3)));
    expected.dropPrefix(expected.baseBehind(3));
    LogComparison.assertSame(log, expected);
    write(new WriteSet(10, entriesFrom(10).term(2).several(3, 100)));

    LogComparison.assertSame(log, expected);
    reopenAndCompare();
  }

  @Test
  void shouldCompactBesideTheWriterAndReaders() throws InterruptedException {
    writeThreeMegabytes();
    Thread compaction =
        Thread.ofPlatform()
            .start(() -> {
              for (int round = 2; round < 6; round++) {
                int divisor = round;
                log.compact(0, 40, (h, _) -> emptyIf(h.index() % divisor == 0));
              }
            });
    int reads = 0;
    while (compaction.isAlive()) {
      append(entries.data(1000));
      for (long index = 0; index < 49; index++) {
        ByteBuffer payload = LogReader.payload(log, index);
        if (payload.hasRemaining()) {
          assertThat(payload).isEqualTo(expected.entry(index).payload());
        }
        assertThat(log.header(index).index()).isEqualTo(index);
        reads++;
      }
    }
    compaction.join();
    assertThat(reads).isPositive();
    for (long index = 49; index < log.endIndex(); index++) {
      assertThat(LogReader.entry(log, index)).isEqualTo(expected.entry(index));
    }
  }
}
