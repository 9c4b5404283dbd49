package dev.flotilla.storage.lmdb;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.flotilla.storage.DiskFullException;
import dev.flotilla.storage.Entry;
import dev.flotilla.storage.LogBase;
import dev.flotilla.storage.LogClosedException;
import dev.flotilla.storage.LogId;
import dev.flotilla.storage.LogStore;
import dev.flotilla.storage.StorageException;
import dev.flotilla.storage.WriteSet;
import dev.flotilla.storage.testkit.TestEntries;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Commits that fail give the contract's exceptions, and what was durable stays readable. */
final class FailingCommitTest {

  private static final String IO_ERROR = "Input/output error";

  /** Fails commits while it is told to. */
  private static final class Faults implements Device {

    private volatile boolean broken;

    @Override
    public void committing() {
      if (broken) {
        throw new StorageException(IO_ERROR);
      }
    }
  }

  private final Faults faults = new Faults();
  private final TestEntries entries = TestEntries.behind(LogBase.ORIGIN, 1);

  @TempDir Path directory;

  @Test
  void shouldTakeNoMoreWritesAfterAFailedCommit() throws Exception {
    LogId id = LogId.random();
    try (LmdbEngine engine = Engines.open(directory, faults, Map.of())) {
      LogStore log = engine.create(id, LogBase.ORIGIN);
      Engines.append(log, entries.several(3, 1000));
      faults.broken = true;
      CompletableFuture<Void> failing = log.write(WriteSet.append(entries.several(2, 1000)));

      Engines.failsWith(failing, StorageException.class, IO_ERROR);
      faults.broken = false;
      Engines.failsWith(
          log.write(WriteSet.append(entries.several(1, 10))), LogClosedException.class, "failed");
      assertThat(log.endIndex()).isEqualTo(3);
      assertThat(Engines.shown(log)).hasSize(3);
      log.close();

      LogStore again = engine.openCutAt(id, 3);
      assertThat(again.endIndex()).isEqualTo(3);
      Engines.append(again, TestEntries.behind(again, 2).several(2, 1000));
      assertThat(again.endIndex()).isEqualTo(5);
    }
  }

  /**
   * The page of the failed commit may be the newest on the disk until another is written over it.
   */
  @Test
  void shouldCommitBeforeItSaysOfALogThatWasNotCutThatItIsDurable() throws Exception {
    LogId id = LogId.random();
    try (LmdbEngine engine = Engines.open(directory, faults, Map.of())) {
      LogStore log = engine.create(id, LogBase.ORIGIN);
      Engines.append(log, entries.several(3, 1000));
      faults.broken = true;
      Engines.failsWith(log.write(WriteSet.truncate(1)), StorageException.class, IO_ERROR);
      log.close();
      assertThatThrownBy(() -> engine.openCutAt(id, 3)).hasMessageContaining(IO_ERROR);

      faults.broken = false;
      long before = transaction();
      LogStore again = engine.openCutAt(id, 3);
      assertThat(transaction()).isEqualTo(before + 1);
      assertThat(Engines.shown(again)).hasSize(3);
      again.close();
      assertThat(engine.open(id).endIndex()).isEqualTo(3);
      assertThat(transaction()).isEqualTo(before + 1);
    }
  }

  /** LMDB begins nothing more once it could not write a meta page, until it is opened again. */
  @Test
  @Timeout(value = 60, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
  void shouldReadOnWhenNoMetaPageCanBeWritten() throws Exception {
    Path file = directory.resolve(EnvironmentFiles.ENVIRONMENT);
    Device broken =
        new Device() {
          @Override
          public void committing() {
            if (faults.broken) {
              failMetaPages(file);
            }
          }
        };
    try (LmdbEngine engine = Engines.open(directory, broken, Map.of())) {
      LogStore log = engine.create(LogId.random(), LogBase.ORIGIN);
      List<Entry> written = entries.several(3, 1000);
      Engines.append(log, written);
      faults.broken = true;
      Engines.failsWith(
          log.write(WriteSet.append(entries.several(1, 10))), StorageException.class, "write");
      assertThat(Engines.shown(log)).isEqualTo(written);
      assertThatThrownBy(() -> log.reopenCutAt(3)).isInstanceOf(StorageException.class);
      assertThat(Engines.shown(log)).isEqualTo(written);

      faults.broken = false;
      LogStore again = log.reopenCutAt(3);
      Engines.append(again, TestEntries.behind(again, 2).several(2, 100));
      assertThat(again.endIndex()).isEqualTo(5);
    }
  }

  private static void failMetaPages(Path file) {
    try {
      Libc.failMetaPages(file);
    } catch (Throwable e) {
      throw new AssertionError(e);
    }
  }

  @Test
  void shouldCommitOnceMoreAsSoonAsItIsOpenAgain() throws Exception {
    Device once =
        new Device() {
          @Override
          public void committing() {
            if (faults.broken) {
              faults.broken = false;
              throw new StorageException(IO_ERROR);
            }
          }
        };
    try (LmdbEngine engine = Engines.open(directory, once, Map.of())) {
      LogStore log = engine.create(LogId.random(), LogBase.ORIGIN);
      long before = transaction();
      faults.broken = true;
      Engines.failsWith(
          log.write(WriteSet.append(entries.several(1, 10))), StorageException.class, IO_ERROR);

      assertThat(transaction()).isEqualTo(before + 1);
    }
  }

  /** The newest that the file says was committed. */
  private long transaction() throws Exception {
    try (FileChannel file = FileChannel.open(directory.resolve(EnvironmentFiles.ENVIRONMENT))) {
      return Math.max(
          MetaPage.readFrom(Page.read(file, 0, Keys.PAGE_BYTES)).transaction(),
          MetaPage.readFrom(Page.read(file, 1, Keys.PAGE_BYTES)).transaction());
    }
  }

  @Test
  void shouldLeaveLogsAloneThatWereNotInTheCommit() throws Exception {
    try (LmdbEngine engine = Engines.open(directory, faults, Map.of())) {
      LogStore log = engine.create(LogId.random(), LogBase.ORIGIN);
      LogStore other = engine.create(LogId.random(), LogBase.ORIGIN);
      List<Entry> written = TestEntries.behind(LogBase.ORIGIN, 2).several(3, 5000);
      Engines.append(other, written);
      faults.broken = true;
      Engines.failsWith(
          log.write(WriteSet.append(entries.several(1, 10))), StorageException.class, IO_ERROR);
      faults.broken = false;

      assertThat(Engines.shown(other)).isEqualTo(written);
      Engines.append(other, TestEntries.behind(other, 3).several(2, 1000));
      assertThat(other.endIndex()).isEqualTo(5);
    }
  }

  @Test
  void shouldShowWhatWasDurableUntilItCanBeOpenedAgain() throws Exception {
    try (LmdbEngine engine = Engines.open(directory, faults, Map.of())) {
      LogStore log = engine.create(LogId.random(), LogBase.ORIGIN);
      Engines.append(log, entries.several(40, 32 << 10));
      List<Entry> before = Engines.shown(log);
      faults.broken = true;
      Engines.failsWith(
          log.write(WriteSet.append(entries.several(1, 10))), StorageException.class, IO_ERROR);
      assertThatThrownBy(() -> log.reopenCutAt(30)).isInstanceOf(StorageException.class);
      assertThat(Engines.shown(log)).isEqualTo(before.subList(0, 30));

      faults.broken = false;
      LogStore again = log.reopenCutAt(30);
      Engines.append(again, TestEntries.behind(again, 2).several(20, 32 << 10));
      assertThat(Engines.shown(log)).isEqualTo(before.subList(0, 30));
      log.close();
      assertThat(again.endIndex()).isEqualTo(50);
      assertThat(Engines.shown(again).subList(0, 30)).isEqualTo(before.subList(0, 30));
    }
  }

  @Test
  void shouldBeUsableAgainWhenItsFileIs() throws Exception {
    Path file = directory.resolve(EnvironmentFiles.ENVIRONMENT);
    Path away = directory.resolve("away");
    try (LmdbEngine engine = Engines.open(directory, faults, Map.of())) {
      LogStore log = engine.create(LogId.random(), LogBase.ORIGIN);
      Engines.append(log, entries.several(3, 1000));
      Files.move(file, away);
      faults.broken = true;
      Engines.failsWith(
          log.write(WriteSet.append(entries.several(1, 10))), StorageException.class, IO_ERROR);
      assertThatThrownBy(() -> log.header(0))
          .isInstanceOf(StorageException.class)
          .hasMessageContaining("missing");
      assertThatThrownBy(() -> log.reopenCutAt(3)).isInstanceOf(StorageException.class);
      assertThat(file).doesNotExist();

      Files.move(away, file);
      faults.broken = false;
      assertThat(Engines.shown(log)).hasSize(3);
      LogStore again = log.reopenCutAt(3);
      Engines.append(again, TestEntries.behind(again, 2).several(2, 100));
      assertThat(again.endIndex()).isEqualTo(5);
    }
  }

  @Test
  void shouldNameTheSettingWhenTheMapIsFull() throws Exception {
    LogId id = LogId.random();
    try (LmdbEngine engine =
        Engines.open(directory, Device.REAL, Map.of("map.bytes", String.valueOf(2 << 20)))) {
      LogStore log = engine.create(id, LogBase.ORIGIN);
      Throwable failure = fill(log);
      assertThat(failure)
          .isInstanceOf(DiskFullException.class)
          .hasMessageContaining("storage.lmdb.map.bytes");
      assertThat(Engines.shown(log)).hasSize((int) log.endIndex()).isNotEmpty();
    }
    try (LmdbEngine engine = Engines.open(directory)) {
      LogStore log = engine.open(id);
      Engines.append(log, TestEntries.behind(log, 5).several(50, 64 << 10));
    }
  }

  @Test
  void shouldDropAPrefixThoughAnAppendBesideItFindsTheMapFull() throws Exception {
    Gate gate = new Gate();
    try (LmdbEngine engine =
        Engines.open(directory, gate, Map.of("map.bytes", String.valueOf(2 << 20)))) {
      LogStore log = engine.create(LogId.random(), LogBase.ORIGIN);
      LogStore greedy = engine.create(LogId.random(), LogBase.ORIGIN);
      Engines.append(log, entries.several(10, 32 << 10));
      gate.close();
      CompletableFuture<Void> held =
          greedy.write(WriteSet.append(TestEntries.behind(greedy, 1).several(1, 10)));
      gate.awaitHeld();
      CompletableFuture<Void> drop = log.dropPrefix(Engines.baseBehind(log, 5));
      CompletableFuture<Void> large =
          greedy.write(
              WriteSet.append(TestEntries.behind(greedy, 1).several(61, 64 << 10).subList(1, 61)));
      gate.open();

      Engines.await(held);
      Engines.await(drop);
      Engines.failsWith(large, DiskFullException.class, "storage.lmdb.map.bytes");
      assertThat(Engines.shown(log)).hasSize(4);
    }
  }

  /** Appends until it fails; why it did. */
  private Throwable fill(LogStore log) throws Exception {
    for (int i = 0; i < 200; i++) {
      try {
        log.write(WriteSet.append(entries.several(1, 64 << 10))).get(60, TimeUnit.SECONDS);
      } catch (ExecutionException e) {
        return Objects.requireNonNull(e.getCause());
      }
    }
    throw new AssertionError("there was room for everything");
  }
}
