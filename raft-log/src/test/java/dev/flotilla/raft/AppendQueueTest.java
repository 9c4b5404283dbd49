package dev.flotilla.raft;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.flotilla.storage.BatchExtent;
import dev.flotilla.storage.EntryHeader;
import java.nio.ByteBuffer;
import java.util.List;
import org.junit.jupiter.api.Test;

class AppendQueueTest {

  private final AppendQueueHarness harness = new AppendQueueHarness();
  private final AppendQueue queue = harness.queue;

  @Test
  void shouldSubmitFirstBatchAtOnce() {
    // given
    queue.ready(3, 40);

    // when
    PendingAppend pending = harness.enqueue(TestBatch.of(1, 5));

    // then
    assertThat(pending.expectedBaseOffset()).isEqualTo(40);
    assertThat(pending.future()).isNotDone();
    BuiltEntry entry = harness.lastEntry();
    assertThat(entry.term()).isEqualTo(3);
    assertThat(entry.baseOffset()).isEqualTo(40);
    assertThat(entry.offsetSpan()).isEqualTo(5);
    assertThat(entry.appendTimeMs()).isEqualTo(AppendQueueHarness.NOW_MS);
    assertThat(entry.maxTimestampMs()).isEqualTo(1001);
  }

  @Test
  void shouldWriteBatchesWithTheirOffsetsAndTheTermIntoOnePayload() {
    // given
    queue.ready(3, 40);
    harness.enqueue(TestBatch.of(1, 5));

    // when
    harness.enqueue(TestBatch.of(2, 7).withSize(50));
    harness.enqueue(TestBatch.of(3, 1));
    harness.apply(harness.lastEntry());

    // then
    BuiltEntry entry = harness.lastEntry();
    assertThat(entry.batches()).containsExactly(new BatchExtent(50, 6), new BatchExtent(100, 7));
    assertThat(entry.payload().remaining()).isEqualTo(150);
    ByteBuffer payload = entry.payload();
    assertThat(payload.getLong(0)).isEqualTo(45);
    assertThat(payload.getInt(8)).isEqualTo(3);
    assertThat(payload.getInt(12)).isEqualTo(2);
    assertThat(payload.getLong(50)).isEqualTo(52);
    assertThat(payload.getInt(58)).isEqualTo(3);
    assertThat(entry.maxTimestampMs()).isEqualTo(1003);
  }

  @Test
  void shouldKeepOneEntryInFlightAndMakeTheNextOfAllThatWaits() {
    // given
    queue.ready(1, 0);
    PendingAppend first = harness.enqueue(TestBatch.of(1, 2));
    PendingAppend second = harness.enqueue(TestBatch.of(2, 3));
    PendingAppend third = harness.enqueue(TestBatch.of(3, 4));
    assertThat(harness.submitted).hasSize(1);

    // when
    harness.apply(harness.lastEntry());

    // then
    assertThat(first.future()).isCompletedWithValue(AppendQueueHarness.stored(0, 1));
    assertThat(harness.submitted).hasSize(2);
    assertThat(AppendQueueHarness.numbers(harness.lastEntry())).containsExactly(2, 3);
    assertThat(List.of(second.expectedBaseOffset(), third.expectedBaseOffset()))
        .containsExactly(2L, 5L);

    // when
    harness.apply(harness.lastEntry());

    // then
    assertThat(second.future()).isCompletedWithValue(AppendQueueHarness.stored(2, 4));
    assertThat(third.future()).isCompletedWithValue(AppendQueueHarness.stored(5, 8));
    assertThat(harness.budget.usedBytes()).isZero();
  }

  @Test
  void shouldNeitherBuildNorSubmitOnTheThreadThatApplies() {
    // given
    queue.ready(1, 0);
    harness.enqueue(TestBatch.of(1, 1));
    harness.enqueue(TestBatch.of(2, 1));
    int admissions = harness.state.admissions;
    EntryHeader header = harness.header(harness.lastEntry());

    // when
    queue.applied(header);

    // then
    assertThat(harness.state.admissions).isEqualTo(admissions);
    assertThat(harness.submitted).hasSize(1);
    assertThat(harness.tasks).hasSize(1);
  }

  @Test
  void shouldEndEntryBeforeItExceedsOneMegabyte() {
    // given
    queue.ready(1, 0);
    harness.enqueue(TestBatch.of(0, 1));
    for (int number = 1; number <= 5; number++) {
      harness.enqueue(TestBatch.of(number, 1).withSize(400 << 10));
    }

    // when
    harness.apply(harness.lastEntry());

    // then
    assertThat(AppendQueueHarness.numbers(harness.lastEntry())).containsExactly(1, 2);
  }

  @Test
  void shouldTakeSingleBatchThatIsLargerThanOneMegabyte() {
    queue.ready(1, 0);

    harness.enqueue(TestBatch.of(1, 1).withSize(AppendQueueHarness.MAX_BATCH_BYTES));

    assertThat(harness.lastEntry().payload().remaining())
        .isEqualTo(AppendQueueHarness.MAX_BATCH_BYTES);
  }

  @Test
  void shouldLimitBatchesOfAnEntrySoThatItsHeaderFits() {
    // given
    queue.ready(1, 0);
    harness.enqueue(TestBatch.of(0, 1));
    for (int number = 1; number <= WaitingBatches.MAX_BATCHES + 1; number++) {
      harness.enqueue(TestBatch.of(number, 1).withSize(TestBatch.MIN_BYTES));
    }

    // when
    harness.apply(harness.lastEntry());

    // then
    assertThat(harness.lastEntry().batches()).hasSize(WaitingBatches.MAX_BATCHES);
  }

  @Test
  void shouldRefuseEntryWhoseAttributesDoNotFitRaft() {
    // given
    queue.ready(1, 0);
    harness.state.attributeBytesTooMany = AppendQueue.OVERHEAD_BYTES;

    // when
    PendingAppend pending = harness.enqueue(TestBatch.of(1, 1));

    // then
    AppendQueueHarness.assertFails(pending, ReplicatedLogException.Refused.class);
    assertThat(harness.submitted).isEmpty();
  }

  @Test
  void shouldNotExceedSpanOfAnEntry() {
    // given
    queue.ready(1, 0);
    harness.enqueue(TestBatch.of(0, 1));
    harness.enqueue(TestBatch.of(1, Integer.MAX_VALUE));
    PendingAppend second = harness.enqueue(TestBatch.of(2, Integer.MAX_VALUE));

    // when
    harness.apply(harness.lastEntry());

    // then
    assertThat(harness.lastEntry().offsetSpan()).isEqualTo(Integer.MAX_VALUE);
    assertThat(second.expectedBaseOffset()).isEqualTo(1L + Integer.MAX_VALUE);
  }

  @Test
  void shouldRefuseBatchThatFitsNoEntry() {
    queue.ready(1, 0);
    TestBatch large = TestBatch.of(1, 1).withSize(AppendQueueHarness.MAX_BATCH_BYTES + 1);

    assertThatThrownBy(() -> queue.enqueue(large))
        .isInstanceOf(ReplicatedLogException.TooLarge.class);
    assertThat(harness.budget.usedBytes()).isZero();
  }

  @Test
  void shouldRefuseWhenBudgetIsUsedUpAndTakeAgainWhenAnswered() {
    // given
    queue.ready(1, 0);
    for (int number = 1; number <= 4; number++) {
      harness.enqueue(TestBatch.of(number, 1).withSize(AppendQueueHarness.MAX_BATCH_BYTES));
    }

    // when, then
    assertThatThrownBy(() -> queue.enqueue(TestBatch.of(5, 1)))
        .isInstanceOf(ReplicatedLogException.Overloaded.class);
    harness.apply(harness.lastEntry());
    assertThat(harness.enqueue(TestBatch.of(5, 1)).expectedBaseOffset()).isEqualTo(4);
  }

  @Test
  void shouldRefuseBatchesWhereItIsNotReady() {
    assertThatThrownBy(() -> queue.enqueue(TestBatch.of(1, 1)))
        .isInstanceOf(ReplicatedLogException.NotLeader.class);

    queue.lost(new Leadership.NotReady(2));
    assertThatThrownBy(() -> queue.enqueue(TestBatch.of(1, 1)))
        .isInstanceOf(ReplicatedLogException.NotReady.class);

    queue.lost(new Leadership.Failed(2, "disk full"));
    assertThatThrownBy(() -> queue.enqueue(TestBatch.of(1, 1)))
        .isInstanceOf(ReplicatedLogException.Unavailable.class)
        .hasMessageContaining("disk full");
  }

  @Test
  void shouldFailOnlyTheBatchThatStateRefuses() {
    // given
    queue.ready(1, 0);
    harness.enqueue(TestBatch.of(0, 1));
    PendingAppend before = harness.enqueue(TestBatch.of(1, 2));
    PendingAppend refused = harness.enqueue(TestBatch.of(2, 3).withFate(TestBatch.Fate.REFUSED));
    PendingAppend after = harness.enqueue(TestBatch.of(3, 4));

    // when
    harness.apply(harness.lastEntry());
    AppendQueueHarness.assertFails(refused, ReplicatedLogException.Refused.class);
    harness.apply(harness.lastEntry());

    // then the offsets are dense
    assertThat(before.future()).isCompletedWithValue(AppendQueueHarness.stored(1, 2));
    assertThat(after.future()).isCompletedWithValue(AppendQueueHarness.stored(3, 6));
  }

  @Test
  void shouldGoOnWhenNothingOfAnEntryIsLeft() {
    // given
    queue.ready(1, 0);

    // when
    PendingAppend refused = harness.enqueue(TestBatch.of(1, 3).withFate(TestBatch.Fate.REFUSED));
    PendingAppend next = harness.enqueue(TestBatch.of(2, 1));

    // then
    AppendQueueHarness.assertFails(refused, ReplicatedLogException.Refused.class);
    assertThat(next.expectedBaseOffset()).isZero();
    assertThat(harness.lastEntry().baseOffset()).isZero();
  }

  @Test
  void shouldRefuseBatchesWhenStateThrows() {
    // given
    queue.ready(1, 0);

    // when
    PendingAppend bad =
        harness.enqueue(TestBatch.of(1, 3).withFate(TestBatch.Fate.THROWS_AT_ADMISSION));

    // then
    AppendQueueHarness.assertFails(bad, ReplicatedLogException.Refused.class);
    harness.enqueue(TestBatch.of(2, 1));
    assertThat(harness.lastEntry().baseOffset()).isZero();
    assertThat(harness.budget.usedBytes()).isEqualTo(100);
  }

  @Test
  void shouldGiveUpEntryThatCannotBeWritten() {
    // given
    queue.ready(1, 0);

    // when
    PendingAppend bad =
        harness.enqueue(TestBatch.of(1, 3).withFate(TestBatch.Fate.THROWS_AT_WRITE));

    // then
    AppendQueueHarness.assertFails(bad, ReplicatedLogException.Refused.class);
    harness.enqueue(TestBatch.of(2, 1));
    assertThat(harness.lastEntry().baseOffset()).isZero();
  }

  @Test
  void shouldAnswerDuplicateOfAppliedBatchWithItsOriginalOffsets() {
    // given
    queue.ready(1, 10);
    harness.enqueue(TestBatch.of(1, 2));
    harness.apply(harness.lastEntry());

    // when
    PendingAppend duplicate = harness.enqueue(TestBatch.of(1, 2));

    // then
    assertThat(duplicate.future()).isCompletedWithValue(AppendQueueHarness.duplicate(10, 11));
    assertThat(harness.submitted).hasSize(1);
  }

  @Test
  void shouldAnswerDuplicateOfBatchInFlightOnlyOnceThatIsCommitted() {
    // given
    queue.ready(1, 10);
    PendingAppend original = harness.enqueue(TestBatch.of(1, 2));

    // when
    PendingAppend duplicate = harness.enqueue(TestBatch.of(1, 2));

    // then
    assertThat(duplicate.future()).isNotDone();
    harness.apply(harness.lastEntry());
    assertThat(original.future()).isCompletedWithValue(AppendQueueHarness.stored(10, 11));
    assertThat(duplicate.future()).isCompletedWithValue(AppendQueueHarness.duplicate(10, 11));
    assertThat(harness.submitted).hasSize(1);
  }

  @Test
  void shouldAnswerDuplicateWithinOneEntryWhenThatIsCommitted() {
    // given
    queue.ready(1, 0);
    harness.enqueue(TestBatch.of(0, 1));
    PendingAppend original = harness.enqueue(TestBatch.of(1, 2));
    PendingAppend duplicate = harness.enqueue(TestBatch.of(1, 2));

    // when
    harness.apply(harness.lastEntry());

    // then
    assertThat(AppendQueueHarness.numbers(harness.lastEntry())).containsExactly(1);
    assertThat(duplicate.future()).isNotDone();
    harness.apply(harness.lastEntry());
    assertThat(original.future()).isCompletedWithValue(AppendQueueHarness.stored(1, 2));
    assertThat(duplicate.future()).isCompletedWithValue(AppendQueueHarness.duplicate(1, 2));
  }
}
