package dev.flotilla.storage.testkit;

import static org.assertj.core.api.Assertions.assertThat;

import dev.flotilla.storage.EntryCompactor.Outcome;
import dev.flotilla.storage.LogBase;
import dev.flotilla.storage.LogStore.FirstBatch;
import dev.flotilla.storage.Slice;
import dev.flotilla.storage.WriteSet;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;

/** Lent memory shows the same bytes until it is given back, whatever happens to the log. */
abstract class SliceContract extends LogContract {

  @Test
  void shouldOutliveATruncation() {
    lendAnd(() -> {
      write(new WriteSet(1, entriesFrom(1).term(2).several(60, 64 << 10)));
      write(new WriteSet(1, entriesFrom(1).term(3).several(60, 64 << 10)));
    });
  }

  @Test
  void shouldOutliveADroppedPrefix() {
    lendAnd(() -> {
      EngineFixture.await(log.dropPrefix(expected.baseBehind(40)));
      expected.dropPrefix(expected.baseBehind(40));
      append(megabyte());
      append(megabyte());
    });
  }

  @Test
  void shouldOutliveAReset() {
    lendAnd(() -> {
      LogBase base = new LogBase(100, 9, 1000, 4);
      EngineFixture.await(log.reset(base));
      expected.reset(base);
      append(entriesFrom(101).several(40, 64 << 10));
    });
  }

  @Test
  void shouldOutliveACompaction() {
    lendAnd(() -> log.compact(0, 48, (_, _) -> new Outcome.Empty()));
  }

  @Test
  void shouldOutliveTheClosedLog() {
    lendAnd(() -> {
      log.close();
      log = engine.open(id);
    });
  }

  @Test
  void shouldOutliveTheDeletedLogAndTheClosedEngine() {
    skipReopenAtEnd();
    lendAnd(() -> {
      log.close();
      engine.delete(id);
      startBehind(LogBase.ORIGIN);
      append(megabyte());
      engine.close();
    });
  }

  private void lendAnd(Runnable meanwhile) {
    append(megabyte());
    append(megabyte());
    append(megabyte());
    LogContent lent = expected.copy();
    try (Slice payload = log.payload(3);
        Slice last = log.payload(47);
        Slice batches = log.batches(2, 30, 1 << 20, FirstBatch.WHOLE)) {
      meanwhile.run();

      List<ByteBuffer> expectedBatches = lent.batches(2, 30, 1 << 20, FirstBatch.WHOLE);
      assertThat(LogReader.copy(payload)).isEqualTo(lent.entry(3).payload());
      assertThat(LogReader.copy(last)).isEqualTo(lent.entry(47).payload());
      assertThat(LogReader.copy(batches)).isEqualTo(LogReader.join(expectedBatches));
    }
  }

  @Test
  void shouldBeClosedOnAnyThread() {
    append(entries.several(2, 100));
    Slice slice = log.payload(0);
    EngineFixture.await(
        CompletableFuture.runAsync(slice::close, task -> Thread.ofPlatform().start(task)));

    assertThat(LogReader.payload(log, 1)).isEqualTo(expected.entry(1).payload());
  }
}
