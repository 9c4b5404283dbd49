package dev.flotilla.storage.lmdb;

import static org.assertj.core.api.Assertions.assertThat;

import dev.flotilla.storage.EntryCompactor;
import dev.flotilla.storage.FlushListener;
import dev.flotilla.storage.LogBase;
import dev.flotilla.storage.LogId;
import dev.flotilla.storage.LogStore;
import dev.flotilla.storage.StorageException;
import dev.flotilla.storage.WriteSet;
import dev.flotilla.storage.testkit.TestEntries;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * What nobody sees any more is removed, some with each transaction, and its space is used again.
 */
final class RemovalTest {

  private static final int MEGABYTE_ENTRIES = 16;

  private final AtomicInteger commits = new AtomicInteger();

  @TempDir Path directory;

  private LmdbEngine open(Device device) {
    return Engines.open(directory, device, Map.of(), (_, _, _) -> commits.incrementAndGet());
  }

  private static void appendMegabytes(LogStore log, int count) throws Exception {
    for (int i = 0; i < count; i++) {
      Engines.append(log, TestEntries.behind(log, i).several(MEGABYTE_ENTRIES, 64 << 10));
    }
  }

  private static void await(BooleanSupplier condition) {
    long deadline = System.nanoTime() + 60_000_000_000L;
    while (!condition.getAsBoolean()) {
      assertThat(System.nanoTime()).as("waited too long").isLessThan(deadline);
      LockSupport.parkNanos(1_000_000);
    }
  }

  @Test
  void shouldRemoveADroppedPrefixInSeveralTransactions() throws Exception {
    try (LmdbEngine engine = open(Device.REAL)) {
      LogStore log = engine.create(LogId.random(), LogBase.ORIGIN);
      appendMegabytes(log, 8);
      int before = commits.get();
      Engines.await(log.dropPrefix(Engines.baseBehind(log, log.endIndex() - 2)));

      await(() -> log.diskBytes() < 1 << 20);
      assertThat(commits.get() - before).isGreaterThanOrEqualTo(5);
      assertThat(Engines.shown(log)).hasSize(1);
    }
  }

  @Test
  void shouldAppendWhereATruncatedSuffixIsNotRemovedYet() throws Exception {
    try (LmdbEngine engine = open(Device.REAL)) {
      LogStore log = engine.create(LogId.random(), LogBase.ORIGIN);
      appendMegabytes(log, 6);
      TestEntries other = TestEntries.behind(log.header(9), 7).term(2);
      Engines.await(log.write(new WriteSet(10, other.several(40, 100))));

      assertThat(log.endIndex()).isEqualTo(50);
      await(() -> log.diskBytes() < 2 << 20);
      assertThat(Engines.shown(log)).hasSize(50).allMatch(e -> e.header().term() <= 2);
    }
  }

  @Test
  void shouldUseTheSpaceOfWhatWasRemovedAgain() throws Exception {
    Path file = directory.resolve(EnvironmentFiles.ENVIRONMENT);
    try (LmdbEngine engine = open(Device.REAL)) {
      LogStore log = engine.create(LogId.random(), LogBase.ORIGIN);
      long grown = 0;
      for (int round = 0; round < 12; round++) {
        appendMegabytes(log, 3);
        Engines.await(log.dropPrefix(Engines.baseBehind(log, log.endIndex() - 2)));
        await(() -> log.diskBytes() < 1 << 20);
        grown = round == 3 ? Files.size(file) : grown;
      }
      assertThat(Files.size(file)).isLessThanOrEqualTo(grown + (1 << 20));
    }
  }

  /** Fails the commits behind the first that is told of when it is armed. */
  private static final class Faults implements Device {
    private volatile boolean armed;
    private volatile boolean broken;

    @Override
    public void committing() {
      if (broken) {
        throw new StorageException("broken");
      }
    }
  }

  @Test
  void shouldGoOnRemovingADeletedLogWhenItIsOpenedAgain() throws Exception {
    Faults faults = new Faults();
    LogId id = LogId.random();
    LmdbEngine first =
        Engines.open(directory, faults, Map.of(), (_, _, _) -> faults.broken = faults.armed);
    LogStore log = first.create(id, LogBase.ORIGIN);
    appendMegabytes(log, 6);
    log.close();
    // The deletion is the last transaction that is committed; what follows it fails.
    faults.armed = true;
    first.delete(id);
    first.close();
    assertThat(deleted()).hasSize(1);

    try (LmdbEngine again = open(Device.REAL)) {
      assertThat(again.logs()).doesNotContain(id);
      LogStore other = again.create(LogId.random(), LogBase.ORIGIN);
      appendMegabytes(other, 1);
      await(() -> again.environment().read(s -> Catalogue.readFrom(s).deleted()).isEmpty());
    }
    assertThat(deleted()).isEmpty();
  }

  @Test
  void shouldGoOnRemovingADeletedLogBehindTheNextCommit() throws Exception {
    Faults faults = new Faults();
    LogId id = LogId.random();
    try (LmdbEngine engine =
        Engines.open(directory, faults, Map.of(), (_, _, _) -> faults.broken = faults.armed)) {
      LogStore other = engine.create(LogId.random(), LogBase.ORIGIN);
      LogStore log = engine.create(id, LogBase.ORIGIN);
      appendMegabytes(log, 6);
      log.close();
      faults.armed = true;
      engine.delete(id);
      // The removal's commit fails; so does the write, which is behind it.
      Engines.failsWith(
          other.write(WriteSet.append(TestEntries.behind(other, 1).several(1, 10))),
          StorageException.class,
          "broken");
      faults.armed = false;
      faults.broken = false;
      engine.create(LogId.random(), LogBase.ORIGIN);

      await(() -> engine.environment().read(s -> Catalogue.readFrom(s).deleted()).isEmpty());
    }
  }

  @Test
  void shouldCountWhatACompactionRemovesToItsTransactions() throws Exception {
    try (LmdbEngine engine = open(Device.REAL)) {
      LogStore log = engine.create(LogId.random(), LogBase.ORIGIN);
      appendMegabytes(log, 8);
      int before = commits.get();
      log.compact(0, log.endIndex(), (_, _) -> new EntryCompactor.Outcome.Empty());

      assertThat(commits.get() - before).isGreaterThanOrEqualTo(7);
    }
  }

  /** The number of a log that is there would have its rows removed. */
  @Test
  void shouldNotBelieveADamagedRowThatALogWasDeleted() throws Exception {
    LogId id = LogId.random();
    try (LmdbEngine engine = open(Device.REAL)) {
      appendMegabytes(engine.create(id, LogBase.ORIGIN), 1);
    }
    Engines.change(
        directory,
        changes -> {
          ByteBuffer garbled = Keys.deleted(changes.key, 7);
          changes.reserve(changes.databases.logs(), garbled, MarkRow.BYTES).putInt(0, 1);
          ByteBuffer used = Keys.deleted(changes.key, 1);
          MarkRow.write(used, changes.reserve(changes.databases.logs(), used, MarkRow.BYTES));
        });
    assertThat(deleted()).isEmpty();
    try (LmdbEngine engine = open(Device.REAL)) {
      assertThat(Engines.shown(engine.open(id))).hasSize(MEGABYTE_ENTRIES);
    }
  }

  /** The logs whose rows are not all removed. */
  private List<Integer> deleted() {
    EngineConfig config = Engines.config(directory, Map.of(), FlushListener.NONE);
    try (Environment environment =
        Environment.open(directory.resolve(EnvironmentFiles.ENVIRONMENT), config)) {
      return environment.read(Catalogue::readFrom).deleted();
    }
  }
}
