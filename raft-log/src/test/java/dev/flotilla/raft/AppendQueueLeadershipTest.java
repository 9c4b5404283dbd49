package dev.flotilla.raft;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.flotilla.storage.EntryHeader;
import dev.flotilla.storage.EntryKind;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** What becomes of batches when leadership, and with it certainty, is lost. */
class AppendQueueLeadershipTest {

  private final AppendQueueHarness harness = new AppendQueueHarness();
  private final AppendQueue queue = harness.queue;

  @Test
  void shouldFailAllThatIsPendingWhenLeadershipIsLost() {
    // given
    queue.ready(1, 0);
    PendingAppend inFlight = harness.enqueue(TestBatch.of(1, 1));
    PendingAppend waiting = harness.enqueue(TestBatch.of(2, 1));

    // when
    queue.lost(new Leadership.Following(2, Optional.of(7)));

    // then
    AppendQueueHarness.assertFails(inFlight, ReplicatedLogException.NotLeader.class);
    AppendQueueHarness.assertFails(waiting, ReplicatedLogException.NotLeader.class);
    assertThat(harness.budget.usedBytes()).isZero();
  }

  @Test
  void shouldFailPendingAsUnavailableWhenReplicaFails() {
    queue.ready(1, 0);
    PendingAppend pending = harness.enqueue(TestBatch.of(1, 1));

    queue.lost(new Leadership.Failed(1, "flush failed"));

    AppendQueueHarness.assertFails(pending, ReplicatedLogException.Unavailable.class);
  }

  @Test
  void shouldBuildNothingAfterLeadershipWasLost() {
    // given a task that is late
    queue.ready(1, 0);
    PendingAppend pending = queue.enqueue(TestBatch.of(1, 1));

    // when
    queue.lost(new Leadership.Following(2, Optional.empty()));
    harness.runTasks();

    // then
    AppendQueueHarness.assertFails(pending, ReplicatedLogException.NotLeader.class);
    assertThat(harness.state.admissions).isZero();
    assertThat(harness.submitted).isEmpty();
  }

  @Test
  void shouldNeverGiveUpEntryOfUnknownOutcomeWhileLeading() {
    // given
    queue.ready(1, 0);
    PendingAppend pending = harness.enqueue(TestBatch.of(1, 1));
    PendingAppend waiting = harness.enqueue(TestBatch.of(2, 1));

    // when
    harness
        .submitted
        .getLast()
        .future()
        .completeExceptionally(new IllegalStateException("timeout"));
    harness.runTasks();

    // then
    assertThat(pending.future()).isNotDone();
    assertThat(waiting.future()).isNotDone();
    assertThat(harness.submitted).hasSize(1);

    // when it is applied after all
    harness.apply(harness.lastEntry());

    // then
    assertThat(pending.future()).isCompletedWithValue(AppendQueueHarness.stored(0, 0));
    assertThat(harness.submitted).hasSize(2);
  }

  @Test
  void shouldFailWhatIsKnownNotToBeAppendedAndAllBehindIt() {
    // given
    queue.ready(1, 0);
    PendingAppend pending = harness.enqueue(TestBatch.of(1, 1));
    PendingAppend waiting = harness.enqueue(TestBatch.of(2, 1));

    // when
    harness
        .submitted
        .getLast()
        .future()
        .completeExceptionally(
            new EntrySink.NotAppended(new ReplicatedLogException.Overloaded("Raft is busy")));

    // then
    AppendQueueHarness.assertFails(pending, ReplicatedLogException.Overloaded.class);
    AppendQueueHarness.assertFails(waiting, ReplicatedLogException.Overloaded.class);
    PendingAppend next = harness.enqueue(TestBatch.of(2, 1));
    assertThat(next.expectedBaseOffset()).isZero();
    harness.apply(harness.lastEntry());
    assertThat(next.future()).isCompletedWithValue(AppendQueueHarness.stored(0, 0));
  }

  @Test
  void shouldNotBeConfusedByEntryOfAnEarlierTerm() {
    // given an entry of term 1 that commits late, below the new leader's first entry
    queue.ready(1, 0);
    harness.enqueue(TestBatch.of(1, 2));
    EntryHeader old = harness.header(harness.lastEntry());
    queue.lost(new Leadership.Following(2, Optional.empty()));
    queue.ready(3, 2);
    PendingAppend pending = harness.enqueue(TestBatch.of(2, 1));

    // when
    queue.applied(old);

    // then
    assertThat(pending.future()).isNotDone();
    assertThat(harness.lastEntry().baseOffset()).isEqualTo(2);
    harness.apply(harness.lastEntry());
    assertThat(pending.future()).isCompletedWithValue(AppendQueueHarness.stored(2, 2));
  }

  @Test
  void shouldNotBeConfusedByLateFailureOfAnEarlierTerm() {
    // given
    queue.ready(1, 0);
    harness.enqueue(TestBatch.of(1, 2));
    queue.lost(new Leadership.Following(2, Optional.empty()));
    queue.ready(3, 0);
    PendingAppend pending = harness.enqueue(TestBatch.of(2, 1));

    // when
    harness
        .submitted
        .getFirst()
        .future()
        .completeExceptionally(
            new EntrySink.NotAppended(new ReplicatedLogException.Overloaded("late")));

    // then
    assertThat(pending.future()).isNotDone();
  }

  @Test
  void shouldIgnoreStaleWordOfLeadership() {
    // given
    queue.ready(5, 0);
    PendingAppend pending = harness.enqueue(TestBatch.of(1, 1));

    // when
    queue.lost(new Leadership.Following(4, Optional.empty()));
    queue.ready(4, 0);
    queue.ready(5, 0);

    // then
    assertThat(pending.future()).isNotDone();
    harness.apply(harness.lastEntry());
    assertThat(pending.future()).isCompletedWithValue(AppendQueueHarness.stored(0, 0));
  }

  @Test
  void shouldIgnoreEntriesWithoutRecords() {
    // given
    queue.ready(5, 3);
    PendingAppend pending = harness.enqueue(TestBatch.of(1, 1));
    EntryHeader command =
        new EntryHeader(
            9, 5, EntryKind.RAFT_ONLY, 3, 0, 0, -1, -1, 0, List.of(), ByteBuffer.allocate(0));

    // when
    queue.applied(command);

    // then
    assertThat(pending.future()).isNotDone();
  }

  @Test
  void shouldThrowWhenAnEntryOfItsTermWasNotItsOwn() {
    // given
    queue.ready(5, 3);
    harness.enqueue(TestBatch.of(1, 1));
    BuiltEntry entry = harness.lastEntry();
    harness.apply(entry);

    // when, then
    assertThatThrownBy(() -> queue.applied(harness.header(entry)))
        .isInstanceOf(IllegalStateException.class);
  }

  @Test
  void shouldLetCallersEnqueueWhenAnswered() {
    // given a producer that sends its next batch when it is answered
    queue.ready(1, 0);
    PendingAppend first = queue.enqueue(TestBatch.of(1, 1));
    var next = first.future().thenApply(_ -> queue.enqueue(TestBatch.of(2, 1)));
    harness.runTasks();

    // when
    harness.apply(harness.lastEntry());

    // then
    assertThat(next).isCompleted();
    assertThat(harness.lastEntry().baseOffset()).isEqualTo(1);
  }
}
