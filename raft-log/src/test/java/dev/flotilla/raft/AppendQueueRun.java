package dev.flotilla.raft;

import static org.assertj.core.api.Assertions.assertThat;

import dev.flotilla.storage.EntryHeader;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * An append queue in front of a Raft made of a few fields, step by step. After every step it holds:
 * one entry in flight at most, and only of the present term; offsets without a gap; the budget is
 * held by exactly those batches that are not answered; whoever was told offsets finds the batch
 * applied there.
 */
final class AppendQueueRun {

  /** One thing that happens. The number picks among what it may happen to. */
  record Step(Kind kind, int number) {}

  enum Kind {
    ENQUEUE,
    SEND_AGAIN,
    ENQUEUE_REFUSED,
    RUN_TASK,
    APPLY,
    OUTCOME_UNKNOWN,
    NOT_APPENDED,
    LOSE_KEEPING_TAIL,
    LOSE_CUTTING_TAIL,
    BECOME_READY,
    LATE_APPLY
  }

  private record Sent(TestBatch batch, PendingAppend pending) {}

  private final AppendQueueHarness harness = new AppendQueueHarness();
  private final List<Sent> sent = new ArrayList<>();
  private final List<EntryHeader> committed = new ArrayList<>();
  private final List<String> broken = new ArrayList<>();
  private int term;
  private boolean ready;
  private long endOffset;

  /** The uncommitted entry at the end of Raft's log. */
  private AppendQueueHarness.@Nullable Submitted tail;

  void run(Step step) {
    switch (step.kind()) {
      case ENQUEUE -> send(TestBatch.of(sent.size(), 1 + Math.floorMod(step.number(), 3)));
      case SEND_AGAIN -> pick(sent, step).ifPresent(earlier -> send(earlier.batch()));
      case ENQUEUE_REFUSED -> send(TestBatch.of(sent.size(), 2).withFate(TestBatch.Fate.REFUSED));
      case RUN_TASK -> runTask();
      case APPLY -> {
        if (ready && tail != null) {
          applyTail(tail);
        }
      }
      case OUTCOME_UNKNOWN -> {
        if (tail != null) {
          tail.future().completeExceptionally(new IllegalStateException("no word from Raft"));
        }
      }
      case NOT_APPENDED -> refuseTail();
      case LOSE_KEEPING_TAIL -> lose();
      case LOSE_CUTTING_TAIL -> {
        tail = null;
        lose();
      }
      case BECOME_READY -> becomeReady();
      case LATE_APPLY ->
          pick(committed, step)
              .filter(header -> header.term() < term)
              .ifPresent(harness.queue::applied);
    }
    check();
  }

  /** Lets Raft work until nothing is left to do; then every batch is answered. */
  void finish() {
    while (!harness.tasks.isEmpty() || (ready && tail != null)) {
      runTask();
      if (ready && tail != null) {
        applyTail(tail);
      }
    }
    check();
    assertThat(sent).allMatch(batch -> batch.pending().future().isDone());
    assertThat(harness.budget.usedBytes()).isZero();
    checkOrder();
  }

  private void send(TestBatch batch) {
    PendingAppend pending;
    try {
      pending = harness.queue.enqueue(batch);
    } catch (ReplicatedLogException.NotLeader e) {
      assertThat(ready).isFalse();
      return;
    }
    assertThat(ready).isTrue();
    sent.add(new Sent(batch, pending));
    var _ =
        pending
            .future()
            .thenAccept(appended -> {
              var lies = harness.state.applied.get(batch.number());
              if (lies == null
                  || lies.baseOffset() != appended.baseOffset()
                  || lies.lastOffset() != appended.lastOffset()) {
                broken.add(batch + " answered with " + appended + ", lies at " + lies);
              }
            });
  }

  private void runTask() {
    Runnable task = harness.tasks.poll();
    if (task == null) {
      return;
    }
    int before = harness.submitted.size();
    task.run();
    assertThat(harness.submitted.size() - before).isBetween(0, 1);
    if (harness.submitted.size() > before) {
      BuiltEntry entry = harness.lastEntry();
      assertThat(ready).isTrue();
      assertThat(tail).as("one entry in flight").isNull();
      assertThat(entry.term()).isEqualTo(term);
      assertThat(entry.baseOffset()).isEqualTo(endOffset);
      tail = harness.submitted.getLast();
    }
  }

  private void applyTail(AppendQueueHarness.Submitted submitted) {
    tail = null;
    EntryHeader header = harness.header(submitted.entry());
    endOffset = header.endOffset();
    committed.add(header);
    harness.state.apply(header);
    harness.queue.applied(header);
  }

  private void refuseTail() {
    if (ready && tail != null && !tail.future().isDone()) {
      var refused = tail.future();
      tail = null;
      refused.completeExceptionally(
          new EntrySink.NotAppended(new ReplicatedLogException.Overloaded("busy")));
    }
  }

  private void lose() {
    ready = false;
    term++;
    harness.queue.lost(new Leadership.Following(term, Optional.empty()));
  }

  private void becomeReady() {
    if (ready) {
      return;
    }
    term++;
    if (tail != null) {
      applyTail(tail);
    }
    ready = true;
    harness.queue.ready(term, endOffset);
  }

  private void check() {
    assertThat(broken).isEmpty();
    long unanswered =
        sent.stream()
            .filter(batch -> !batch.pending().future().isDone())
            .mapToLong(batch -> batch.batch().sizeBytes())
            .sum();
    assertThat(harness.budget.usedBytes()).isEqualTo(unanswered);
  }

  /** Batches that were stored lie in the log in the order in which they were sent, each once. */
  private void checkOrder() {
    long previous = -1;
    Set<Integer> numbers = new HashSet<>();
    for (Sent batch : sent) {
      if (!batch.pending().future().isCompletedExceptionally()) {
        Appended appended = batch.pending().future().join();
        if (appended.origin() == Appended.Origin.STORED) {
          assertThat(appended.baseOffset()).isGreaterThan(previous);
          assertThat(numbers.add(batch.batch().number())).as("stored once").isTrue();
          previous = appended.baseOffset();
        }
      }
    }
  }

  private static <T> Optional<T> pick(List<T> from, Step step) {
    return from.isEmpty()
        ? Optional.empty()
        : Optional.of(from.get(Math.floorMod(step.number(), from.size())));
  }
}
