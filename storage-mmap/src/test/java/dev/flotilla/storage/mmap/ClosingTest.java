package dev.flotilla.storage.mmap;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.flotilla.storage.EntryCompactor.Outcome;
import dev.flotilla.storage.LogBase;
import dev.flotilla.storage.LogClosedException;
import dev.flotilla.storage.LogId;
import dev.flotilla.storage.LogStore;
import dev.flotilla.storage.StorageException;
import dev.flotilla.storage.WriteSet;
import dev.flotilla.storage.testkit.TestEntries;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Closing beside what still runs, and closing that fails. */
final class ClosingTest {

  @TempDir Path directory;

  @Test
  void shouldCloseAllLogsAndEndItsThreadsThoughTheLastFlushOfOneFails() throws Exception {
    AtomicBoolean failing = new AtomicBoolean();
    WatchedChannel.Watcher watcher =
        new WatchedChannel.Watcher() {
          @Override
          public void syncing() throws IOException {
            if (failing.get()) {
              throw new IOException("Input/output error");
            }
          }
        };
    Set<Thread> before = Thread.getAllStackTraces().keySet();
    MmapEngine engine = Engines.open(directory, watcher);
    Set<Thread> threads =
        Thread.getAllStackTraces().keySet().stream()
            .filter(thread -> thread.getName().startsWith("mmap-") && !before.contains(thread))
            .collect(Collectors.toSet());
    assertThat(threads).hasSizeGreaterThanOrEqualTo(2);
    LogId first = LogId.random();
    engine.create(first, LogBase.ORIGIN);
    engine.create(LogId.random(), LogBase.ORIGIN);
    failing.set(true);

    assertThatThrownBy(engine::close)
        .isInstanceOf(StorageException.class)
        .hasRootCauseMessage("Input/output error")
        .satisfies(e -> assertThat(e.getSuppressed()).hasSize(1));
    assertThat(new OpenResources(directory).files()).isZero();
    for (Thread thread : threads) {
      thread.join(TimeUnit.SECONDS.toMillis(60));
      assertThat(thread.isAlive()).as(thread.getName()).isFalse();
    }
    assertThatCode(engine::close).doesNotThrowAnyException();
  }

  @Test
  void shouldNotEndItsThreadsWhileALogIsBeingClosed() throws Exception {
    Gate gate = new Gate();
    MmapEngine engine = Engines.open(directory, gate);
    LogId id = LogId.random();
    LogStore log = engine.create(id, LogBase.ORIGIN);
    Engines.append(log, TestEntries.behind(LogBase.ORIGIN, 1).several(3, 100));
    gate.close(1);
    FutureTask<Void> closing = new FutureTask<>(log::close, null);
    Thread.ofPlatform().start(closing);
    gate.awaitHeld();
    FutureTask<Void> closingAll = new FutureTask<>(engine::close, null);
    Thread second = Thread.ofPlatform().start(closingAll);
    Gate.awaitStill(second);

    assertThat(closingAll.isDone()).isFalse();
    gate.open();
    closing.get(60, TimeUnit.SECONDS);
    closingAll.get(60, TimeUnit.SECONDS);
  }

  @Test
  void shouldEndACompactionBeforeTheLogCanBeOpenedAgain() throws Exception {
    try (MmapEngine engine = Engines.open(directory)) {
      LogId id = LogId.random();
      LogStore log = engine.create(id, LogBase.ORIGIN);
      Engines.append(log, TestEntries.behind(LogBase.ORIGIN, 1).several(40, 60_000));
      CountDownLatch begun = new CountDownLatch(1);
      CountDownLatch goOn = new CountDownLatch(1);
      FutureTask<Void> compaction =
          new FutureTask<>(
              () ->
                  log.compact(
                      0,
                      40,
                      (_, _) -> {
                        begun.countDown();
                        await(goOn);
                        return new Outcome.Keep();
                      }),
              null);
      Thread.ofPlatform().start(compaction);
      await(begun);
      FutureTask<Void> closing = new FutureTask<>(log::close, null);
      Thread closer = Thread.ofPlatform().start(closing);
      Gate.awaitWaitingIn(closer, LogCompactor.class);

      assertThat(closing.isDone()).isFalse();
      assertThatThrownBy(() -> engine.open(id)).isInstanceOf(IllegalStateException.class);
      goOn.countDown();
      closing.get(60, TimeUnit.SECONDS);
      assertThatThrownBy(() -> compaction.get(60, TimeUnit.SECONDS))
          .hasCauseInstanceOf(LogClosedException.class);
      assertThat(new OpenResources(directory).files()).isZero();
      assertThat(engine.open(id).endIndex()).isEqualTo(40);
    }
  }

  @Test
  void shouldBeClosedByWhoHearsOfItsFailure() throws Exception {
    AtomicBoolean failing = new AtomicBoolean();
    WatchedChannel.Watcher watcher =
        new WatchedChannel.Watcher() {
          @Override
          public void syncing() throws IOException {
            if (failing.get()) {
              throw new IOException("Input/output error");
            }
          }
        };
    try (MmapEngine engine = Engines.open(directory, watcher)) {
      LogStore log = engine.create(LogId.random(), LogBase.ORIGIN);
      failing.set(true);
      CompletableFuture<Void> closed =
          log.write(WriteSet.append(TestEntries.behind(LogBase.ORIGIN, 1).several(3, 100)))
              .handle((_, _) -> {
                log.close();
                return null;
              });

      closed.get(60, TimeUnit.SECONDS);
      assertThatThrownBy(log::endIndex).isInstanceOf(LogClosedException.class);
    }
  }

  private static void await(CountDownLatch latch) {
    try {
      assertThat(latch.await(60, TimeUnit.SECONDS)).isTrue();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new AssertionError(e);
    }
  }
}
