package dev.flotilla.storage.mmap;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.flotilla.storage.EntryCompactor.Outcome;
import dev.flotilla.storage.EntryHeader;
import dev.flotilla.storage.LogBase;
import dev.flotilla.storage.LogId;
import dev.flotilla.storage.LogStore;
import dev.flotilla.storage.WriteSet;
import dev.flotilla.storage.testkit.TestEntries;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What is asked of a log while earlier operations wait for the disk. */
final class PendingOperationsTest {

  private final Gate gate = new Gate();

  @TempDir Path directory;
  private MmapEngine engine;
  private LogStore log;

  @BeforeEach
  void openALog() throws Exception {
    engine = Engines.open(directory, gate);
    log = engine.create(LogId.random(), LogBase.ORIGIN);
    Engines.append(log, TestEntries.behind(LogBase.ORIGIN, 1).several(30, 60_000));
  }

  @AfterEach
  void close() {
    gate.open();
    engine.close();
  }

  @Test
  void shouldRefuseATruncationBelowABaseThatIsPending() throws Exception {
    gate.close(1);
    CompletableFuture<Void> drop = log.dropPrefix(baseBehind(10));

    assertThatThrownBy(() -> log.write(WriteSet.truncate(8)))
        .isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> log.write(WriteSet.truncate(10)))
        .isInstanceOf(IllegalArgumentException.class);
    CompletableFuture<Void> cut = log.write(WriteSet.truncate(12));
    gate.open();
    drop.get(60, TimeUnit.SECONDS);
    cut.get(60, TimeUnit.SECONDS);
    assertThat(log.base().index()).isEqualTo(10);
    assertThat(log.endIndex()).isEqualTo(12);
  }

  @Test
  void shouldRefuseABaseBehindOneThatIsPending() throws Exception {
    LogBase lower = baseBehind(5);
    gate.close(1);
    CompletableFuture<Void> drop = log.dropPrefix(baseBehind(10));

    assertThatThrownBy(() -> log.dropPrefix(lower)).isInstanceOf(IllegalArgumentException.class);
    gate.open();
    drop.get(60, TimeUnit.SECONDS);
    assertThat(log.base().index()).isEqualTo(10);
  }

  @Test
  void shouldTakeWritesBehindAResetThatIsPending() throws Exception {
    log.dropPrefix(baseBehind(10)).get(60, TimeUnit.SECONDS);
    LogBase base = new LogBase(3, 1, 100, 9);
    gate.close(1);
    CompletableFuture<Void> reset = log.reset(base);
    CompletableFuture<Void> first =
        log.write(WriteSet.append(TestEntries.behind(base, 2).several(4, 10)));

    CompletableFuture<Void> second =
        log.write(new WriteSet(6, TestEntries.behind(base, 2).several(3, 10).subList(2, 3)));
    gate.open();
    for (CompletableFuture<Void> write : List.of(reset, first, second)) {
      write.get(60, TimeUnit.SECONDS);
    }
    assertThat(log.base()).isEqualTo(base);
    assertThat(log.endIndex()).isEqualTo(7);
    log.payload(6).close();
  }

  @Test
  void shouldResetALogWhoseCompactionIsPending() throws Exception {
    LogStore other = engine.create(LogId.random(), LogBase.ORIGIN);
    LogStore third = engine.create(LogId.random(), LogBase.ORIGIN);
    Thread compaction =
        Thread.ofPlatform().unstarted(() -> log.compact(0, 100, (_, _) -> new Outcome.Keep()));
    gate.close(2);
    List<CompletableFuture<Void>> writes = new ArrayList<>();
    for (LogStore busy : List.of(other, third)) {
      writes.add(busy.write(WriteSet.append(TestEntries.behind(LogBase.ORIGIN, 3).several(1, 10))));
    }
    gate.awaitHeld();
    compaction.start();
    Gate.awaitStill(compaction);

    CompletableFuture<Void> reset = log.reset(new LogBase(50, 3, 900, 1));
    gate.open();
    reset.get(60, TimeUnit.SECONDS);
    compaction.join();
    for (CompletableFuture<Void> write : writes) {
      write.get(60, TimeUnit.SECONDS);
    }
    assertThat(log.endIndex()).isEqualTo(51);
  }

  private LogBase baseBehind(long index) {
    EntryHeader header = log.header(index);
    return new LogBase(index, header.term(), header.endOffset(), header.digest());
  }
}
