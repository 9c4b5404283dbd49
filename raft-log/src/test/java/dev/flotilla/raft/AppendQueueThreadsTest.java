package dev.flotilla.raft;

import static org.assertj.core.api.Assertions.assertThat;

import dev.flotilla.storage.EntryHeader;
import dev.flotilla.storage.EntryKind;
import java.time.Clock;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

/** The queue on real threads: producers, builders and one thread that applies. */
class AppendQueueThreadsTest {

  private static final int PRODUCERS = 4;
  private static final int BATCHES = 500;

  private final AppendQueueHarness.State state = new AppendQueueHarness.State();
  private final QueueBudget budget = new QueueBudget(1 << 20);
  private final AtomicInteger inFlight = new AtomicInteger();
  private final AtomicInteger mostInFlight = new AtomicInteger();
  private final ExecutorService raft = Executors.newSingleThreadExecutor();
  private final ExecutorService builders = Executors.newVirtualThreadPerTaskExecutor();
  private final AppendQueue queue =
      new AppendQueue(
          "orders-0",
          state,
          this::submit,
          Clock.systemUTC(),
          budget,
          AppendQueue.OVERHEAD_BYTES + 1000,
          AppendListener.NONE,
          builders);

  @Test
  void shouldAnswerEveryBatchOfManyProducersInTheirOrder() throws Exception {
    try (raft;
        builders) {
      // given
      queue.ready(1, 0);

      // when
      List<List<PendingAppend>> pending = new ArrayList<>();
      List<Thread> producers = new ArrayList<>();
      for (int producer = 0; producer < PRODUCERS; producer++) {
        List<PendingAppend> own = Collections.synchronizedList(new ArrayList<>());
        int first = producer * BATCHES;
        pending.add(own);
        producers.add(Thread.ofVirtual().start(() -> produce(first, own)));
      }
      for (Thread producer : producers) {
        producer.join();
      }

      // then
      List<Long> offsets = new ArrayList<>();
      for (List<PendingAppend> own : pending) {
        List<Long> ownOffsets = new ArrayList<>();
        for (PendingAppend append : own) {
          ownOffsets.add(append.future().get(60, TimeUnit.SECONDS).baseOffset());
        }
        assertThat(ownOffsets).isSorted();
        offsets.addAll(ownOffsets);
      }
      Collections.sort(offsets);
      assertThat(offsets).hasSize(PRODUCERS * BATCHES).doesNotHaveDuplicates();
      assertThat(offsets.getLast()).isEqualTo(PRODUCERS * BATCHES - 1L);
      assertThat(mostInFlight).hasValue(1);
      assertThat(budget.usedBytes()).isZero();
    }
  }

  private void produce(int first, List<PendingAppend> pending) {
    for (int number = first; number < first + BATCHES; number++) {
      pending.add(queue.enqueue(TestBatch.of(number, 1)));
    }
  }

  private CompletableFuture<Void> submit(BuiltEntry entry) {
    mostInFlight.accumulateAndGet(inFlight.incrementAndGet(), Math::max);
    return CompletableFuture.runAsync(() -> apply(entry), raft);
  }

  private void apply(BuiltEntry entry) {
    EntryHeader header =
        new EntryHeader(
            1,
            entry.term(),
            EntryKind.DATA,
            entry.baseOffset(),
            entry.offsetSpan(),
            entry.appendTimeMs(),
            entry.maxTimestampMs(),
            entry.maxTimestampMs(),
            0,
            entry.batches(),
            entry.attributes());
    state.apply(header);
    inFlight.decrementAndGet();
    queue.applied(header);
  }
}
