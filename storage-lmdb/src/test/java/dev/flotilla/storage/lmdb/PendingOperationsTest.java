package dev.flotilla.storage.lmdb;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.flotilla.storage.LogBase;
import dev.flotilla.storage.LogId;
import dev.flotilla.storage.LogStore;
import dev.flotilla.storage.WriteSet;
import dev.flotilla.storage.testkit.TestEntries;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What is asked of logs while earlier operations wait for the commit. */
final class PendingOperationsTest {

  private final Gate gate = new Gate();

  @TempDir Path directory;
  private LmdbEngine engine;
  private LogStore log;

  @BeforeEach
  void openALog() throws Exception {
    engine = Engines.open(directory, gate, Map.of("transaction.max.bytes", "65536"));
    log = engine.create(LogId.random(), LogBase.ORIGIN);
    Engines.append(log, TestEntries.behind(LogBase.ORIGIN, 1).several(30, 60_000));
  }

  @AfterEach
  void close() {
    gate.open();
    engine.close();
  }

  @Test
  void shouldPutWhatWaitsOfAllLogsIntoOneTransaction() throws Exception {
    List<LogStore> others = new ArrayList<>();
    for (int i = 0; i < 20; i++) {
      others.add(engine.create(LogId.random(), LogBase.ORIGIN));
    }
    gate.close();
    CompletableFuture<Void> first =
        log.write(WriteSet.append(TestEntries.behind(log, 1).several(1, 10)));
    gate.awaitHeld();
    int before = gate.commits();
    List<CompletableFuture<Void>> writes = new ArrayList<>();
    for (LogStore other : others) {
      writes.add(other.write(WriteSet.append(TestEntries.behind(other, 1).several(2, 100))));
    }
    gate.open();
    Engines.await(first);
    for (CompletableFuture<Void> write : writes) {
      Engines.await(write);
    }

    assertThat(gate.commits() - before).isEqualTo(2);
    assertThat(others).allMatch(other -> other.endIndex() == 2);
  }

  @Test
  void shouldCommitALargeWriteInSeveralTransactionsAndCompleteItWithTheLast() throws Exception {
    int before = gate.commits();
    CompletableFuture<Void> write =
        log.write(WriteSet.append(TestEntries.behind(log, 1).several(20, 30_000)));
    Engines.await(write);

    assertThat(gate.commits() - before).isGreaterThanOrEqualTo(5);
    assertThat(log.endIndex()).isEqualTo(50);
  }

  @Test
  void shouldRefuseATruncationBelowABaseThatIsPending() throws Exception {
    LogBase base = Engines.baseBehind(log, 10);
    gate.close();
    CompletableFuture<Void> drop = log.dropPrefix(base);

    assertThatThrownBy(() -> log.write(WriteSet.truncate(8)))
        .isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> log.write(WriteSet.truncate(10)))
        .isInstanceOf(IllegalArgumentException.class);
    CompletableFuture<Void> cut = log.write(WriteSet.truncate(12));
    gate.open();
    Engines.await(drop);
    Engines.await(cut);
    assertThat(log.base().index()).isEqualTo(10);
    assertThat(log.endIndex()).isEqualTo(12);
    assertThat(Engines.shown(log)).hasSize(1);
  }

  @Test
  void shouldRefuseABaseBehindOneThatIsPending() throws Exception {
    LogBase lower = Engines.baseBehind(log, 5);
    LogBase base = Engines.baseBehind(log, 10);
    gate.close();
    CompletableFuture<Void> drop = log.dropPrefix(base);

    assertThatThrownBy(() -> log.dropPrefix(lower)).isInstanceOf(IllegalArgumentException.class);
    gate.open();
    Engines.await(drop);
    assertThat(log.base().index()).isEqualTo(10);
  }

  @Test
  void shouldTakeWritesBehindAResetThatIsPending() throws Exception {
    Engines.await(log.dropPrefix(Engines.baseBehind(log, 10)));
    LogBase base = new LogBase(3, 1, 100, 9);
    gate.close();
    CompletableFuture<Void> reset = log.reset(base);
    CompletableFuture<Void> first =
        log.write(WriteSet.append(TestEntries.behind(base, 2).several(4, 10)));

    CompletableFuture<Void> second =
        log.write(new WriteSet(6, TestEntries.behind(base, 2).several(3, 10).subList(2, 3)));
    gate.open();
    for (CompletableFuture<Void> write : List.of(reset, first, second)) {
      Engines.await(write);
    }
    assertThat(log.base()).isEqualTo(base);
    assertThat(log.endIndex()).isEqualTo(7);
    assertThat(Engines.shown(log)).hasSize(3);
  }

  @Test
  void shouldHideWhatAPendingTruncationRemoves() throws Exception {
    gate.close();
    CompletableFuture<Void> append =
        log.write(WriteSet.append(TestEntries.behind(log, 1).several(2, 10)));
    CompletableFuture<Void> cut = log.write(WriteSet.truncate(20));

    assertThat(log.endIndex()).isEqualTo(20);
    assertThatThrownBy(() -> log.header(20)).isInstanceOf(IndexOutOfBoundsException.class);
    assertThat(log.lastHeader().orElseThrow().index()).isEqualTo(19);
    gate.open();
    Engines.await(append);
    Engines.await(cut);
    assertThat(log.endIndex()).isEqualTo(20);
  }
}
