package dev.flotilla.storage.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import dev.flotilla.storage.EngineContext;
import dev.flotilla.storage.Entry;
import dev.flotilla.storage.FlushMode;
import dev.flotilla.storage.LogBase;
import dev.flotilla.storage.WriteSet;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

/** What becomes of appended entries. */
abstract class AppendingContract extends LogContract {

  private final AtomicInteger flushedEntries = new AtomicInteger();
  private final AtomicInteger flushedBytes = new AtomicInteger();

  @Override
  EngineContext context() {
    return EngineFixture.context(
        directory,
        FlushMode.COMMIT,
        (count, bytes, _) -> {
          flushedEntries.addAndGet(count);
          flushedBytes.addAndGet((int) bytes);
        });
  }

  @Test
  void shouldShowEntriesOnceTheirWriteIsComplete() {
    append(entries.several(3, 100));
    append(entries.data(10, 20, 30), entries.raftOnly(17));

    LogComparison.assertSame(log, expected);
  }

  @Test
  void shouldKeepEntriesThroughReopening() {
    append(entries.several(20, 1000));
    reopenAndCompare();
    append(entries.several(20, 1000));
    reopenAndCompare();
  }

  @Test
  void shouldTakeEntriesOfTheLeastSize() {
    append(entries.raftOnly(0), entries.raftOnly(1), entries.data(1), entries.raftOnly(0));

    LogComparison.assertSame(log, expected);
  }

  @Test
  void shouldTakeEntriesOfAMegabyte() {
    append(entries.data(1 << 20), entries.data(1 << 19, (1 << 19) + 1), entries.data(1));
    append(entries.raftOnly(1 << 20));

    reopenAndCompare();
  }

  @Test
  void shouldTakeAnEntryOfTheLargestSize() {
    int headerBytes = 70 + 8 + 4;
    Entry largest = entries.data(EngineFixture.MAX_ENTRY_BYTES - headerBytes);
    assertThat(largest.header().encodedBytes()).isEqualTo(headerBytes);
    append(largest);

    reopenAndCompare();
  }

  @Test
  void shouldTakeAnEntryOfManyBatches() {
    int[] lengths = new int[5000];
    Arrays.fill(lengths, 61);
    append(entries.data(lengths));

    LogComparison.assertSame(log, expected);
  }

  @Test
  void shouldTakeEmptiedEntriesAsTheyAre() {
    append(entries.data(100));
    append(Compaction.emptied(entries.data(50)), Compaction.emptied(entries.data(50)));
    append(entries.data(100));

    reopenAndCompare();
  }

  @Test
  void shouldTakeOffsetGapsAndTermsThatRise() {
    append(entries.data(5));
    append(entries.term(4).skipOffsets(1000).data(5));
    append(entries.term(9).raftOnly(3), entries.skipOffsets(1).data(5));

    LogComparison.assertSame(log, expected);
  }

  @Test
  void shouldTakeTimestampsInAnyOrder() {
    for (long timeMs : new long[] {500, 100, 900, 0, 899, 901}) {
      append(entries.timeMs(timeMs).data(5));
    }

    LogComparison.assertSame(log, expected);
  }

  @Test
  void shouldBeginBehindItsBase() {
    startBehind(new LogBase(41, 7, 1000, -5));
    LogComparison.assertSame(log, expected);
    append(entries.several(3, 10));

    assertThat(log.header(42).baseOffset()).isEqualTo(1000);
    reopenAndCompare();
  }

  @Test
  void shouldKeepManyPendingWritesInOrder() {
    List<CompletableFuture<Void>> writes = new ArrayList<>();
    ConcurrentLinkedQueue<Integer> early = new ConcurrentLinkedQueue<>();
    for (int i = 0; i < 500; i++) {
      int number = i;
      CompletableFuture<Void> before = i == 0 ? new CompletableFuture<>() : writes.getLast();
      if (i == 0) {
        before.complete(null);
      }
      CompletableFuture<Void> write = writeAsync(WriteSet.append(entries.several(1 + i % 3, 200)));
      writes.add(write);
      var _ =
          write.thenRun(() -> {
            if (!before.isDone()) {
              early.add(number);
            }
          });
    }
    EngineFixture.await(writes.getLast());

    assertThat(early).as("writes complete before an earlier one").isEmpty();
    assertThat(writes).allMatch(CompletableFuture::isDone);
    LogComparison.assertSame(log, expected);
  }

  @Test
  void shouldShowAllOfAWriteWhenItIsComplete() {
    AtomicInteger wrong = new AtomicInteger();
    List<CompletableFuture<Void>> writes = new ArrayList<>();
    for (int i = 1; i <= 50; i++) {
      int end = i * 4;
      writes.add(
          writeAsync(WriteSet.append(entries.several(4, 50)))
              .thenRun(() -> {
                if (log.endIndex() < end || log.header(end - 1).index() != end - 1) {
                  wrong.incrementAndGet();
                }
              }));
    }
    writes.forEach(EngineFixture::await);

    assertThat(wrong).hasValue(0);
  }

  @Test
  void shouldReadPayloadsFromPositionToLimitWithoutMovingThem() {
    Entry entry = entries.data(100);
    ByteBuffer larger = ByteBuffer.allocateDirect(300).position(120);
    larger.put(entry.payload().duplicate()).flip().position(120);
    append(new Entry(entry.header(), larger.asReadOnlyBuffer()));

    assertThat(larger.position()).isEqualTo(120);
    assertThat(larger.limit()).isEqualTo(220);
    assertThat(LogReader.payload(log, 0)).isEqualTo(entry.payload());
  }

  @Test
  void shouldRefuseWhatDoesNotContinueTheLog() {
    append(entries.term(3).several(3, 10));
    Entry next = entries.data(10);

    refuse(entries.data(10));
    refuse(TestEntries.behind(log.header(0), 1).data(10));
    refuse(TestEntries.behind(new LogBase(2, 2, 3, 0), 1).data(10));
    refuse(TestEntries.behind(new LogBase(2, 3, 2, 0), 1).data(10));
    refuse(next, next);

    LogComparison.assertSame(log, expected);
    append(next);
    LogComparison.assertSame(log, expected);
  }

  @Test
  void shouldRefuseWhatDoesNotContinuePendingWrites() {
    CompletableFuture<Void> pending = writeAsync(WriteSet.append(entries.several(2, 1000)));
    refuse(TestEntries.behind(LogBase.ORIGIN, 1).data(10));
    EngineFixture.await(pending);

    LogComparison.assertSame(log, expected);
  }

  @Test
  void shouldRefuseWhatDoesNotContinueTheBase() {
    startBehind(new LogBase(9, 5, 100, 3));
    refuse(TestEntries.behind(LogBase.ORIGIN, 1).data(10));
    refuse(TestEntries.behind(new LogBase(9, 4, 100, 3), 1).data(10));
    refuse(TestEntries.behind(new LogBase(9, 5, 99, 3), 1).data(10));

    append(entries.data(10));
  }

  private void refuse(Entry... refused) {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> log.write(WriteSet.append(List.of(refused))));
  }

  @Test
  void shouldTellOfEntriesAndBytesBeforeTheirWriteCompletes() {
    int before = flushedEntries.get();
    append(entries.several(7, 1000));
    assertThat(flushedEntries.get() - before).isEqualTo(7);
    append(entries.data(1000));
    assertThat(flushedEntries.get() - before).isEqualTo(8);
    assertThat(flushedBytes.get()).isGreaterThanOrEqualTo(8000);
  }
}
