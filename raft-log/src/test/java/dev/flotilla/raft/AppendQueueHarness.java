package dev.flotilla.raft;

import static org.assertj.core.api.Assertions.assertThat;

import dev.flotilla.storage.EntryHeader;
import dev.flotilla.storage.EntryKind;
import java.nio.ByteBuffer;
import java.time.Clock;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;

/**
 * An append queue between hand-written neighbours: an executor whose tasks run when told, a sink
 * that remembers entries, and a partition state that knows each batch by its number.
 */
final class AppendQueueHarness {

  static final int MAX_BATCH_BYTES = 2 << 20;
  static final long NOW_MS = 5000;

  /** An entry in the hands of Raft. */
  record Submitted(BuiltEntry entry, CompletableFuture<Void> future) {}

  final ArrayDeque<Runnable> tasks = new ArrayDeque<>();
  final List<Submitted> submitted = new ArrayList<>();
  final QueueBudget budget = new QueueBudget(4 * MAX_BATCH_BYTES);
  final State state = new State();
  final AppendQueue queue =
      new AppendQueue(
          "orders-0",
          state,
          this::submit,
          Clock.fixed(Instant.ofEpochMilli(NOW_MS), ZoneOffset.UTC),
          budget,
          MAX_BATCH_BYTES + AppendQueue.OVERHEAD_BYTES,
          AppendListener.NONE,
          tasks::add);

  private long nextIndex = 1;

  /** Runs all that the executor has been given, and what that gives it. */
  void runTasks() {
    for (Runnable task = tasks.poll(); task != null; task = tasks.poll()) {
      task.run();
    }
  }

  PendingAppend enqueue(AppendBatch batch) {
    PendingAppend pending = queue.enqueue(batch);
    runTasks();
    return pending;
  }

  BuiltEntry lastEntry() {
    return submitted.getLast().entry();
  }

  /** Raft applies an entry: first the state learns of it, then the queue. */
  void apply(BuiltEntry entry) {
    EntryHeader header = header(entry);
    state.apply(header);
    queue.applied(header);
    runTasks();
  }

  EntryHeader header(BuiltEntry entry) {
    return new EntryHeader(
        nextIndex++,
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
  }

  /** The numbers of the batches of an entry, in order. */
  static List<Integer> numbers(BuiltEntry entry) {
    List<Integer> numbers = new ArrayList<>();
    ByteBuffer attributes = entry.attributes().duplicate();
    while (attributes.hasRemaining()) {
      numbers.add(attributes.getInt());
      attributes.getInt();
    }
    return numbers;
  }

  private CompletableFuture<Void> submit(BuiltEntry entry) {
    CompletableFuture<Void> future = new CompletableFuture<>();
    submitted.add(new Submitted(entry, future));
    return future;
  }

  /** Knows where each batch lies, and recognises it when it comes again. */
  static final class State implements PartitionState {

    final Map<Integer, Decision.Duplicate> applied = new HashMap<>();
    int attributeBytesTooMany;
    int admissions;

    @Override
    public Admission newEntry(long baseOffset, int term, long appendTimeMs) {
      Map<Integer, Decision.Duplicate> known = new HashMap<>(applied);
      List<TestBatch> accepted = new ArrayList<>();
      return new Admission() {
        @Override
        public Decision admit(AppendBatch batch, long offset) {
          admissions++;
          TestBatch test = (TestBatch) batch;
          Optional<Decision.Duplicate> duplicate = Optional.ofNullable(known.get(test.number()));
          return switch (test.fate()) {
            case REFUSED -> new Decision.Refuse(new IllegalArgumentException("out of order"));
            case THROWS_AT_ADMISSION -> throw new IllegalStateException("a bug");
            case WELCOME, THROWS_AT_WRITE -> {
              if (duplicate.isPresent()) {
                yield duplicate.get();
              }
              accepted.add(test);
              known.put(
                  test.number(),
                  new Decision.Duplicate(offset, offset + test.offsetSpan() - 1, appendTimeMs));
              yield new Decision.Accept();
            }
          };
        }

        @Override
        public ByteBuffer attributes() {
          ByteBuffer bytes = ByteBuffer.allocate(accepted.size() * 8 + attributeBytesTooMany);
          accepted.forEach(batch -> bytes.putInt(batch.number()).putInt(batch.offsetSpan()));
          return bytes.rewind();
        }
      };
    }

    @Override
    public void apply(EntryHeader header) {
      ByteBuffer attributes = header.attributes();
      long offset = header.baseOffset();
      while (attributes.hasRemaining()) {
        int number = attributes.getInt();
        int span = attributes.getInt();
        applied.put(
            number, new Decision.Duplicate(offset, offset + span - 1, header.appendTimeMs()));
        offset += span;
      }
    }

    @Override
    public ByteBuffer snapshot() {
      throw new UnsupportedOperationException("the queue takes no snapshots");
    }

    @Override
    public void restore(ByteBuffer snapshot) {
      throw new UnsupportedOperationException("the queue restores nothing");
    }
  }

  static Appended stored(long first, long last) {
    return new Appended(first, last, NOW_MS, Appended.Origin.STORED);
  }

  static Appended duplicate(long first, long last) {
    return new Appended(first, last, NOW_MS, Appended.Origin.DUPLICATE);
  }

  static void assertFails(PendingAppend pending, Class<? extends Throwable> cause) {
    assertThat(pending.future()).isCompletedExceptionally();
    assertThat(pending.future().exceptionNow()).isInstanceOf(cause);
  }
}
