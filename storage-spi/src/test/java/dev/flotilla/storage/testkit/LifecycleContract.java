package dev.flotilla.storage.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.flotilla.storage.EngineContext;
import dev.flotilla.storage.FlushListener;
import dev.flotilla.storage.FlushMode;
import dev.flotilla.storage.LogBase;
import dev.flotilla.storage.LogClosedException;
import dev.flotilla.storage.LogId;
import dev.flotilla.storage.LogStore;
import dev.flotilla.storage.LogStore.FirstBatch;
import dev.flotilla.storage.Slice;
import dev.flotilla.storage.StorageEngine;
import dev.flotilla.storage.WriteSet;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;

/** How engines and logs are created, opened, cut, closed and deleted. */
abstract class LifecycleContract extends LogContract {

  @Test
  void shouldHaveANameForTheConfiguration() {
    assertThat(factory.name()).matches("[a-z0-9-]+");
  }

  @Test
  void shouldRefuseUnknownSettings() {
    EngineContext unknown =
        new EngineContext(
            directory.resolve("other"),
            FlushMode.COMMIT,
            1 << 20,
            1 << 20,
            Map.of("no.such.setting", "1"),
            FlushListener.NONE);

    assertThatIllegalArgumentException().isThrownBy(() -> factory.open(unknown));
  }

  @Test
  void shouldCreateItsDirectory() {
    EngineContext context = EngineFixture.context(directory.resolve("deep/er"));
    try (StorageEngine other = factory.open(context)) {
      assertThat(other.logs()).isEmpty();
      other.create(LogId.random(), LogBase.ORIGIN).close();
      assertThat(other.logs()).hasSize(1);
    }
  }

  @Test
  void shouldListLogsOpenOrNot() {
    LogId closed = LogId.random();
    engine.create(closed, LogBase.ORIGIN).close();
    assertThat(engine.logs()).containsExactlyInAnyOrder(id, closed);
    engine.close();
    engine = factory.open(context());
    assertThat(engine.logs()).containsExactlyInAnyOrder(id, closed);
    log = engine.open(id);
  }

  @Test
  void shouldCreateALogOnce() {
    assertThatIllegalStateException().isThrownBy(() -> engine.create(id, LogBase.ORIGIN));
    log.close();
    assertThatIllegalStateException().isThrownBy(() -> engine.create(id, LogBase.ORIGIN));
    log = engine.open(id);
    assertThat(log.id()).isEqualTo(id);
  }

  @Test
  void shouldOpenALogOnceAndOnlyIfItExists() {
    assertThatIllegalStateException().isThrownBy(() -> engine.open(id));
    assertThatIllegalStateException().isThrownBy(() -> engine.open(LogId.random()));
    assertThatIllegalStateException().isThrownBy(() -> engine.openCutAt(LogId.random(), 0));
    log.close();
    log = engine.open(id);
  }

  @Test
  void shouldKeepTheBaseOfAnEmptyLog() {
    startBehind(new LogBase(12, 3, 99, -7));
    reopenAndCompare();
  }

  @Test
  void shouldDeleteALogForGood() {
    append(entries.several(10, 1000));
    LogId other = LogId.random();
    engine.create(other, LogBase.ORIGIN).close();
    engine.delete(other);
    engine.delete(other);
    engine.delete(LogId.random());
    assertThat(engine.logs()).containsExactly(id);
    assertThatIllegalStateException().isThrownBy(() -> engine.open(other));
    reopenAndCompare();
    assertThat(engine.logs()).containsExactly(id);
  }

  @Test
  void shouldBeEmptyWhenCreatedAfterItsDeletion() {
    append(entries.several(10, 1000));
    log.close();
    engine.delete(id);
    log = engine.create(id, LogBase.ORIGIN);

    LogComparison.assertSame(log, new LogContent(LogBase.ORIGIN));
  }

  @Test
  void shouldKeepManyLogsApart() {
    Map<LogId, LogContent> contents = new HashMap<>();
    Map<LogId, LogStore> logs = new HashMap<>();
    for (int i = 0; i < 40; i++) {
      LogBase base = new LogBase(i, 1, i, i);
      LogId other = LogId.random();
      logs.put(other, engine.create(other, base));
      contents.put(other, new LogContent(base));
    }
    List<CompletableFuture<Void>> writes = new ArrayList<>();
    for (int round = 0; round < 5; round++) {
      contents.forEach((other, content) -> {
        LogStore otherLog = Objects.requireNonNull(logs.get(other));
        WriteSet set =
            WriteSet.append(TestEntries.behind(content, content.endIndex()).several(2, 300));
        content.apply(set);
        writes.add(otherLog.write(set));
      });
    }
    writes.forEach(EngineFixture::await);
    engine.close();
    engine = factory.open(context());
    contents.forEach((other, content) -> LogComparison.assertSame(engine.open(other), content));
    log = engine.open(id);
  }

  @Test
  void shouldRefuseAllUseAfterItsEnd() {
    append(entries.several(3, 10));
    log.close();
    log.close();

    closed(() -> log.header(0));
    closed(() -> log.payload(0));
    closed(() -> log.headers(0, 1, _ -> {}));
    closed(() -> log.batches(0, 1, 10, FirstBatch.WHOLE));
    closed(() -> log.indexOfOffset(0));
    closed(() -> EngineFixture.await(log.write(WriteSet.append(List.of(entries.data(1))))));
    closed(() -> EngineFixture.await(log.dropPrefix(expected.baseBehind(0))));
    closed(() -> EngineFixture.await(log.reset(LogBase.ORIGIN)));
    log = engine.open(id);
  }

  private static void closed(ThrowingCallable use) {
    assertThatThrownBy(use).isInstanceOf(LogClosedException.class);
  }

  @Test
  void shouldCompletePendingWritesBeforeItCloses() {
    List<CompletableFuture<Void>> writes = new ArrayList<>();
    for (int i = 0; i < 50; i++) {
      writes.add(writeAsync(WriteSet.append(entries.several(2, 2000))));
    }
    log.close();
    writes.forEach(EngineFixture::await);
    log = engine.open(id);
    LogComparison.assertSame(log, expected);
  }

  @Test
  void shouldCloseItsLogsWithTheEngine() {
    CompletableFuture<Void> pending = writeAsync(WriteSet.append(entries.several(20, 2000)));
    engine.close();
    EngineFixture.await(pending);
    closed(() -> log.header(0));

    engine = factory.open(context());
    log = engine.open(id);
    LogComparison.assertSame(log, expected);
  }

  @Test
  void shouldCutWhenItOpens() {
    append(entries.several(10, 1000));
    cutAndCompare(7);
    reopenAndCompare();
    append(entriesFrom(7).term(2).several(2, 1000));
    reopenAndCompare();
    cutAndCompare(20);
    cutAndCompare(9);
    cutAndCompare(0);
    append(entriesFrom(0).several(2, 10));
    reopenAndCompare();
  }

  private void cutAndCompare(long endIndex) {
    log.close();
    log = engine.openCutAt(id, endIndex);
    expected.apply(WriteSet.truncate(endIndex));
    LogComparison.assertSame(log, expected);
  }

  @Test
  void shouldBeReadWhileItIsOpenedAgain() {
    append(entries.several(10, 1000));
    LogStore old = log;
    try (Slice lent = old.payload(6)) {
      ByteBuffer bytes = lent.buffers().getFirst();
      ByteBuffer before = ByteBuffer.allocate(bytes.remaining()).put(bytes.duplicate()).flip();

      log = old.reopenCutAt(7);
      expected.apply(WriteSet.truncate(7));
      LogContent shown = expected.copy();
      LogComparison.assertSame(old, shown);
      LogComparison.assertSame(log, expected);
      closed(() -> EngineFixture.await(old.write(WriteSet.truncate(3))));

      append(entriesFrom(7).term(2).several(40, 32 << 10));
      LogComparison.assertSame(old, shown);
      old.close();
      closed(() -> old.header(0));
      closed(() -> old.reopenCutAt(7));
      LogComparison.assertSame(log, expected);
      assertThat(bytes).isEqualTo(before);
    }
    reopenAndCompare();
  }

  @Test
  void shouldCloseBothStoresOfALogWithTheEngine() {
    append(entries.several(3, 1000));
    LogStore old = log;
    log = old.reopenCutAt(20);
    append(entriesFrom(3).several(3, 1000));

    engine.close();
    closed(() -> old.header(0));
    closed(() -> log.header(0));
    engine = factory.open(context());
    log = engine.open(id);
    LogComparison.assertSame(log, expected);
  }

  @Test
  void shouldCutIntoAnEarlierSegment() {
    append(megabyte());
    append(megabyte());
    append(megabyte());
    cutAndCompare(10);
    reopenAndCompare();
    append(entriesFrom(10).several(20, 64 << 10));
    reopenAndCompare();
  }

  @Test
  void shouldLeaveFlushingToTheOperatingSystemWhenAsked() {
    engine.close();
    EngineContext unsafe =
        EngineFixture.context(directory, FlushMode.UNSAFE_OS, FlushListener.NONE);
    engine = factory.open(unsafe);
    log = engine.open(id);
    append(entries.several(20, 5000));
    write(new WriteSet(15, entriesFrom(15).term(2).several(3, 100)));
    LogComparison.assertSame(log, expected);
    reopenAndCompare();
  }
}
