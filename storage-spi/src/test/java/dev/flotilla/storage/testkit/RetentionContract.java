package dev.flotilla.storage.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.flotilla.storage.LogBase;
import dev.flotilla.storage.LogStore.FirstBatch;
import dev.flotilla.storage.TermStart;
import dev.flotilla.storage.WriteSet;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Test;

/** Dropped prefixes, and logs that begin anew behind another base. */
abstract class RetentionContract extends LogContract {

  @Test
  void shouldDropAPrefix() {
    append(entries.several(10, 100));
    drop(3);

    LogComparison.assertSame(log, expected);
    assertThatThrownBy(() -> log.header(3)).isInstanceOf(IndexOutOfBoundsException.class);
    assertThatThrownBy(() -> log.batches(3, 10, 100, FirstBatch.WHOLE))
        .isInstanceOf(IndexOutOfBoundsException.class);
    reopenAndCompare();
  }

  private void drop(long index) {
    LogBase base = expected.baseBehind(index);
    EngineFixture.await(log.dropPrefix(base));
    expected.dropPrefix(base);
  }

  @Test
  void shouldDropAgainAndAgain() {
    for (int i = 0; i < 5; i++) {
      append(megabyte());
      drop(expected.endIndex() - 10);
      LogComparison.assertSame(log, expected);
    }
    reopenAndCompare();
    drop(expected.endIndex() - 2);
    reopenAndCompare();
  }

  @Test
  void shouldDoNothingForThePresentBase() {
    EngineFixture.await(log.dropPrefix(LogBase.ORIGIN));
    append(entries.several(10, 100));
    EngineFixture.await(log.dropPrefix(LogBase.ORIGIN));
    drop(4);
    EngineFixture.await(log.dropPrefix(expected.base()));

    LogComparison.assertSame(log, expected);
  }

  @Test
  void shouldRefuseToDropWhatItCannot() {
    append(entries.term(2).several(10, 100));
    LogBase old = expected.baseBehind(2);
    drop(4);
    LogBase good = expected.baseBehind(6);

    refuse(expected.baseBehind(9));
    refuse(new LogBase(10, 2, 11, 0));
    refuse(old);
    refuse(LogBase.ORIGIN);
    refuse(new LogBase(6, 1, good.offset(), good.digest()));
    refuse(new LogBase(6, 2, good.offset() + 1, good.digest()));
    refuse(new LogBase(6, 2, good.offset(), good.digest() + 1));
    LogComparison.assertSame(log, expected);
    drop(8);
    LogComparison.assertSame(log, expected);
  }

  private void refuse(LogBase base) {
    assertThatIllegalArgumentException().isThrownBy(() -> log.dropPrefix(base));
  }

  @Test
  void shouldKeepTheTermOfItsFirstEntry() {
    append(entries.term(1).several(4, 10));
    append(entries.term(3).several(4, 10));
    drop(1);
    assertThat(log.termStarts()).containsExactly(new TermStart(1, 2, 2), new TermStart(3, 4, 4));
    drop(5);
    assertThat(log.termStarts()).containsExactly(new TermStart(3, 6, 6));
  }

  @Test
  void shouldTruncateBackToANewBase() {
    append(entries.several(10, 100));
    drop(5);
    write(WriteSet.truncate(6));
    LogComparison.assertSame(log, expected);
    reopenAndCompare();
    append(entriesFrom(6).term(4).several(3, 100));
    reopenAndCompare();
  }

  @Test
  void shouldDropBesidePendingWrites() {
    append(entries.several(10, 100));
    CompletableFuture<Void> pending = writeAsync(WriteSet.append(entries.several(20, 1000)));
    drop(7);
    EngineFixture.await(pending);

    LogComparison.assertSame(log, expected);
    reopenAndCompare();
  }

  @Test
  void shouldGiveBackTheSpaceOfWhatIsDropped() {
    for (int i = 0; i < 6; i++) {
      append(megabyte());
    }
    long before = log.diskBytes();
    drop(expected.endIndex() - 2);

    long deadline = System.nanoTime() + EngineFixture.TIMEOUT_SECONDS * 1_000_000_000L;
    while (log.diskBytes() > before - (3 << 20) && System.nanoTime() < deadline) {
      LockSupport.parkNanos(1_000_000);
    }
    assertThat(log.diskBytes()).isLessThanOrEqualTo(before - (3 << 20));
  }

  @Test
  void shouldBeginAnewFurtherOn() {
    append(entries.several(10, 100));
    reset(new LogBase(99, 5, 400, 77));
    append(entriesFrom(100).several(3, 100));
    reopenAndCompare();
  }

  private void reset(LogBase base) {
    EngineFixture.await(log.reset(base));
    expected.reset(base);
    LogComparison.assertSame(log, expected);
  }

  @Test
  void shouldBeEmptyAfterAResetAndReopening() {
    append(megabyte());
    append(megabyte());
    reset(new LogBase(20, 5, 20, 77));
    reopenAndCompare();
    append(entriesFrom(21).several(2, 100));
    reopenAndCompare();
  }

  /** The old entries 5 to 9 are of the same size and would fit behind the new base. */
  @Test
  void shouldNotBringBackEntriesFromBeforeAReset() {
    append(entries.several(10, 100));
    reset(expected.baseBehind(4));
    reopenAndCompare();
    append(entriesFrom(5).several(1, 100));
    reopenAndCompare();
    reset(LogBase.ORIGIN);
    append(entriesFrom(0).several(2, 100));
    reopenAndCompare();
  }

  @Test
  void shouldResetAnEmptyLog() {
    reset(new LogBase(3, 1, 3, 5));
    reset(new LogBase(2, 1, 2, 5));
    reopenAndCompare();
  }
}
