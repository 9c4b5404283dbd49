package dev.flotilla.raft;

import static org.assertj.core.api.Assertions.assertThat;

import dev.flotilla.storage.EntryCompactor.Outcome;
import dev.flotilla.storage.EntryHeader;
import dev.flotilla.storage.LogBase;
import org.junit.jupiter.api.Test;

/** How a reader finds entries by the timestamps of their records. */
class LogReaderTimeTest extends LogReaderFixture {

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
}
