package dev.flotilla.storage.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.flotilla.storage.EngineContext;
import dev.flotilla.storage.Entry;
import dev.flotilla.storage.FlushListener;
import dev.flotilla.storage.FlushMode;
import dev.flotilla.storage.LogBase;
import dev.flotilla.storage.LogClosedException;
import dev.flotilla.storage.LogId;
import dev.flotilla.storage.LogStore;
import dev.flotilla.storage.StorageException;
import dev.flotilla.storage.WriteSet;
import dev.flotilla.storage.testkit.InMemoryEngineFactory.Completion;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

final class FlushGateTest {

  private final GatedEngineFactory factory =
      new GatedEngineFactory(new InMemoryEngineFactory(Completion.ON_ENGINE_THREAD));
  private final FlushGate gate = factory.gate();
  private final GatedEngine engine =
      factory.open(
          new EngineContext(
              Path.of("gated"), FlushMode.COMMIT, 1 << 20, 1 << 20, Map.of(), FlushListener.NONE));
  private final LogId id = LogId.random();
  private final LogStore log = engine.create(id, LogBase.ORIGIN);
  private final TestEntries entries = TestEntries.behind(LogBase.ORIGIN, 1);

  @AfterEach
  void close() {
    engine.close();
  }

  @Test
  void shouldPassWritesThroughAnOpenGate() throws Exception {
    get(log.write(WriteSet.append(entries.several(3, 10))));

    assertThat(log.endIndex()).isEqualTo(3);
    assertThat(gate.waitingWrites()).isZero();
  }

  @Test
  void shouldHoldWritesBackUntilTheGateOpens() throws Exception {
    gate.closeGate();
    CompletableFuture<Void> first = log.write(WriteSet.append(entries.several(3, 10)));
    CompletableFuture<Void> second = log.write(WriteSet.append(entries.several(1, 10)));

    gate.awaitWaitingWrites(2, Duration.ofSeconds(60));
    assertThat(first).isNotDone();
    assertThat(second).isNotDone();
    assertThat(log.endIndex()).isZero();

    gate.openGate();
    get(first);
    get(second);
    assertThat(log.endIndex()).isEqualTo(4);
    assertThat(gate.waitingWrites()).isZero();
  }

  @Test
  void shouldHoldBackOneLogOnly() throws Exception {
    LogStore other = engine.create(LogId.random(), LogBase.ORIGIN);
    gate.closeGate(id);
    CompletableFuture<Void> held = log.write(WriteSet.append(entries.several(1, 10)));
    get(other.write(WriteSet.append(TestEntries.behind(LogBase.ORIGIN, 2).several(1, 10))));

    assertThat(held).isNotDone();
    gate.openGate(id);
    get(held);
  }

  @Test
  void shouldHideTruncatedEntriesWhileTheTruncationWaits() throws Exception {
    List<Entry> old = entries.several(5, 10);
    get(log.write(WriteSet.append(old)));
    gate.closeGate();
    CompletableFuture<Void> appended = log.write(WriteSet.append(entries.several(2, 10)));
    TestEntries rewritten = TestEntries.behind(old.get(2).header(), 3).term(2);
    Entry replacement = rewritten.data(20);
    CompletableFuture<Void> replaced = log.write(new WriteSet(3, List.of(replacement)));

    assertThat(log.endIndex()).isEqualTo(3);
    assertThatThrownBy(() -> log.header(3)).isInstanceOf(IndexOutOfBoundsException.class);

    gate.openGate();
    get(appended);
    get(replaced);
    assertThat(log.endIndex()).isEqualTo(4);
    assertThat(log.header(3)).isEqualTo(replacement.header());
  }

  @Test
  void shouldRefuseWritesAndOpeningsWhileItsDiskIsBroken() throws Exception {
    get(log.write(WriteSet.append(entries.several(2, 10))));
    StorageException cause = new StorageException("broken");
    gate.breakDisk(cause);
    CompletableFuture<Void> refused = log.write(WriteSet.append(entries.several(1, 10)));

    assertThatThrownBy(() -> get(refused)).hasCause(cause);
    assertThatThrownBy(() -> log.reopenCutAt(2)).isEqualTo(cause);
    gate.awaitRefusedOpening(Duration.ofSeconds(10));
    assertThat(log.header(1).index()).isEqualTo(1);

    gate.mendDisk();
    LogStore again = log.reopenCutAt(2);
    get(again.write(WriteSet.append(TestEntries.behind(again.header(1), 4).several(1, 10))));
    assertThat(again.endIndex()).isEqualTo(3);
  }

  @Test
  void shouldFailAWriteAndAllLaterOnes() {
    IOException cause = new IOException("flush failed");
    gate.failNextFlush(cause);
    CompletableFuture<Void> first = log.write(WriteSet.append(entries.several(1, 10)));
    CompletableFuture<Void> second = log.write(WriteSet.append(entries.several(1, 10)));

    assertThatThrownBy(() -> get(first)).hasCause(cause);
    assertThatThrownBy(() -> get(second)).hasCauseInstanceOf(LogClosedException.class);
    assertThat(log.endIndex()).isZero();
  }

  @Test
  void shouldFailWhatWaitsWhenTheFirstOfItFails() {
    gate.closeGate();
    CompletableFuture<Void> first = log.write(WriteSet.append(entries.several(1, 10)));
    CompletableFuture<Void> second = log.write(WriteSet.append(entries.several(1, 10)));
    IOException cause = new IOException("flush failed");
    gate.failNextFlush(cause);
    gate.openGate();

    assertThatThrownBy(() -> get(first)).hasCause(cause);
    assertThatThrownBy(() -> get(second)).hasCause(cause);
    assertThat(gate.waitingWrites()).isZero();
  }

  @Test
  void shouldLoseWhatWaitsWhenTheLogIsClosed() throws Exception {
    get(log.write(WriteSet.append(entries.several(1, 10))));
    gate.closeGate();
    CompletableFuture<Void> lost = log.write(WriteSet.append(entries.several(1, 10)));
    log.close();

    assertThatThrownBy(() -> get(lost)).hasCauseInstanceOf(LogClosedException.class);
    gate.openGate();
    assertThat(engine.open(id).endIndex()).isEqualTo(1);
  }

  private static void get(CompletableFuture<Void> future) throws Exception {
    future.get(10, TimeUnit.SECONDS);
  }
}
