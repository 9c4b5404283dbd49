package dev.flotilla.storage.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.flotilla.storage.Entry;
import dev.flotilla.storage.LogBase;
import dev.flotilla.storage.WriteSet;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;

/** What becomes of truncated entries. */
abstract class TruncatingContract extends LogContract {

  @Test
  void shouldLoseSightOfTruncatedEntriesAtOnce() {
    append(entries.several(10, 100));
    CompletableFuture<Void> pending =
        writeAsync(new WriteSet(6, List.of(entriesFrom(6).term(2).data(100))));

    assertThat(log.endIndex()).isBetween(6L, 7L);
    assertThatThrownBy(() -> log.header(7)).isInstanceOf(IndexOutOfBoundsException.class);
    assertThatThrownBy(() -> log.payload(7)).isInstanceOf(IndexOutOfBoundsException.class);
    assertThat(log.indexOfOffset(7)).isEmpty();
    EngineFixture.await(pending);
    LogComparison.assertSame(log, expected);
  }

  @Test
  void shouldReplaceASuffix() {
    append(entries.several(10, 100));
    write(new WriteSet(7, entriesFrom(7).term(2).several(2, 130)));

    LogComparison.assertSame(log, expected);
    reopenAndCompare();
  }

  @Test
  void shouldTruncateWhatIsStillPending() {
    append(entries.several(10, 100));
    CompletableFuture<Void> first = writeAsync(WriteSet.append(entries.several(2, 100)));
    CompletableFuture<Void> second =
        writeAsync(new WriteSet(11, List.of(entriesFrom(11).term(2).data(7))));
    EngineFixture.await(first);
    EngineFixture.await(second);

    assertThat(log.endIndex()).isEqualTo(12);
    LogComparison.assertSame(log, expected);
    reopenAndCompare();
  }

  @Test
  void shouldTruncateBelowWhatIsStillPending() {
    append(entries.several(10, 100));
    CompletableFuture<Void> first = writeAsync(WriteSet.append(entries.several(2, 100)));
    CompletableFuture<Void> second = writeAsync(WriteSet.truncate(4));
    assertThat(log.endIndex()).isLessThanOrEqualTo(4);
    CompletableFuture<Void> third =
        writeAsync(WriteSet.append(entriesFrom(4).term(3).several(3, 50)));
    EngineFixture.await(first);
    EngineFixture.await(second);
    EngineFixture.await(third);

    LogComparison.assertSame(log, expected);
    reopenAndCompare();
  }

  @Test
  void shouldOnlyTruncate() {
    append(entries.several(10, 100));
    write(WriteSet.truncate(3));

    LogComparison.assertSame(log, expected);
    reopenAndCompare();
    append(entriesFrom(3).several(1, 5));
    reopenAndCompare();
  }

  @Test
  void shouldTruncateEverything() {
    startBehind(new LogBase(4, 2, 50, 9));
    append(entries.several(10, 100));
    write(WriteSet.truncate(5));

    LogComparison.assertSame(log, expected);
    reopenAndCompare();
    append(entriesFrom(5).several(2, 10));
    reopenAndCompare();
  }

  @Test
  void shouldRemoveNothingBeyondTheEnd() {
    append(entries.several(3, 100));
    write(WriteSet.truncate(3));
    write(WriteSet.truncate(50));
    write(new WriteSet(50, List.of(entries.data(10))));

    LogComparison.assertSame(log, expected);
  }

  @Test
  void shouldRefuseToTruncateAtOrBelowTheBase() {
    startBehind(new LogBase(4, 2, 50, 9));
    append(entries.several(10, 100));

    assertThatIllegalArgumentException().isThrownBy(() -> log.write(WriteSet.truncate(4)));
    assertThatIllegalArgumentException().isThrownBy(() -> log.write(WriteSet.truncate(0)));
    LogComparison.assertSame(log, expected);
  }

  @Test
  void shouldRefuseReplacementsThatDoNotContinueTheCut() {
    append(entries.term(2).several(10, 100));
    Entry behind6 = entriesFrom(6).data(5);

    assertThatIllegalArgumentException()
        .isThrownBy(() -> log.write(new WriteSet(7, List.of(behind6))));
    assertThatIllegalArgumentException()
        .isThrownBy(() -> log.write(new WriteSet(5, List.of(behind6))));
    LogComparison.assertSame(log, expected);
    write(new WriteSet(6, List.of(behind6)));
    LogComparison.assertSame(log, expected);
  }

  @Test
  void shouldTruncateIntoAnEarlierSegment() {
    append(megabyte());
    append(megabyte());
    append(megabyte());
    write(new WriteSet(5, List.of(entriesFrom(5).term(2).data(100))));

    LogComparison.assertSame(log, expected);
    reopenAndCompare();
    append(entriesFrom(6).several(40, 64 << 10));
    reopenAndCompare();
  }

  @Test
  void shouldTruncateOverAndOverWithoutWaiting() {
    append(entries.several(6, 100));
    List<CompletableFuture<Void>> writes = new ArrayList<>();
    for (long round = 1; round <= 100; round++) {
      long from = 2 + round % 5;
      writes.add(writeAsync(new WriteSet(from, entriesFrom(from).term(round).several(5, 90))));
    }
    writes.forEach(EngineFixture::await);

    LogComparison.assertSame(log, expected);
    reopenAndCompare();
  }

  /**
   * Entry 10 of term 1 takes the place of 10 to 20 of term 2. What is left of 11 on the disk would
   * fit behind it, in index, size and rising term.
   */
  @Test
  void shouldNotBringBackASuffixThatSeemsToContinue() {
    append(entries.several(10, 100));
    append(entries.term(2).several(11, 100));
    write(new WriteSet(10, List.of(entriesFrom(10).term(1).data(100))));
    reopenAndCompare();

    append(entriesFrom(11).term(2).several(1, 100));
    reopenAndCompare();
  }

  @Test
  void shouldForgetTermsThatWereTruncated() {
    append(entries.term(1).several(2, 10));
    append(entries.term(3).several(2, 10));
    append(entries.term(5).several(2, 10));
    write(WriteSet.truncate(3));
    assertThat(log.termStarts()).hasSize(2);
    write(WriteSet.truncate(2));
    assertThat(log.termStarts()).hasSize(1);
  }
}
