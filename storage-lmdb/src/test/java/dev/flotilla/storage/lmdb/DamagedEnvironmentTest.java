package dev.flotilla.storage.lmdb;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.flotilla.storage.CorruptLogException;
import dev.flotilla.storage.LogBase;
import dev.flotilla.storage.LogId;
import dev.flotilla.storage.LogStore;
import dev.flotilla.storage.StorageException;
import dev.flotilla.storage.testkit.ChildJvm;
import dev.flotilla.storage.testkit.TestEntries;
import java.io.RandomAccessFile;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.ClosedByInterruptException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Environments that are not what was written, or not this engine's. */
final class DamagedEnvironmentTest {

  private final LogId id = LogId.random();
  private final LogId other = LogId.random();

  @TempDir Path directory;

  @BeforeEach
  void writeTwoLogs() throws Exception {
    try (LmdbEngine engine = Engines.open(directory)) {
      for (LogId each : new LogId[] {id, other}) {
        LogStore log = engine.create(each, LogBase.ORIGIN);
        Engines.append(log, TestEntries.behind(LogBase.ORIGIN, 1).several(300, 3000));
      }
    }
  }

  @Test
  void shouldSetATruncatedEnvironmentAsideAndKeepTheNamesOfItsLogs() throws Exception {
    try (RandomAccessFile file = file()) {
      file.setLength(file.length() / 2);
    }
    checkLost();
  }

  @Test
  void shouldNoticeATruncatedEnvironmentThatIsTooLargeToBeChecked() throws Exception {
    try (RandomAccessFile file = file()) {
      file.setLength(file.length() / 2);
    }
    try (LmdbEngine engine = Engines.open(directory, Device.REAL, Map.of("check.max.bytes", "0"))) {
      assertThatThrownBy(() -> engine.open(id)).isInstanceOf(CorruptLogException.class);
    }
  }

  @Test
  void shouldSetAsideWhatIsNoEnvironment() throws Exception {
    try (RandomAccessFile file = file()) {
      file.write(new byte[8192]);
    }
    checkLost();
  }

  private void checkLost() throws Exception {
    try (LmdbEngine engine = Engines.open(directory)) {
      assertThat(engine.logs()).containsExactlyInAnyOrder(id, other);
      assertThat(directory.resolve("damaged.mdb")).exists();
      assertThatThrownBy(() -> engine.open(id)).isInstanceOf(CorruptLogException.class);
      assertThatThrownBy(() -> engine.openCutAt(id, 0)).isInstanceOf(CorruptLogException.class);
      engine.delete(id);
      LogStore again = engine.create(id, LogBase.ORIGIN);
      Engines.append(again, TestEntries.behind(LogBase.ORIGIN, 2).several(3, 100));
    }
    try (LmdbEngine engine = Engines.open(directory)) {
      assertThat(engine.open(id).endIndex()).isEqualTo(3);
      assertThat(engine.logs()).containsExactlyInAnyOrder(id, other);
    }
  }

  /** The memory of this process has no first page: to read it gives EIO. */
  @Test
  void shouldTakeAPageThatCannotBeReadForDamage() throws Exception {
    Path memory = Path.of("/proc/self/mem");
    assertThat(EnvironmentCheck.check(memory, Long.MAX_VALUE))
        .isInstanceOfSatisfying(
            EnvironmentCheck.Verdict.Damaged.class,
            damaged -> assertThat(damaged.what()).contains("page 0 cannot be read"));
    try (FileChannel file = FileChannel.open(memory)) {
      assertThatThrownBy(() -> Page.read(file, 0, Keys.PAGE_BYTES))
          .isInstanceOf(Page.DamageException.class);
    }
  }

  @Test
  void shouldNotTakeAnInterruptForDamage() {
    Path file = directory.resolve(EnvironmentFiles.ENVIRONMENT);
    Thread.currentThread().interrupt();
    assertThatThrownBy(() -> EnvironmentCheck.check(file, Long.MAX_VALUE))
        .isInstanceOf(ClosedByInterruptException.class);
    assertThat(Thread.interrupted()).isTrue();
  }

  @Test
  void shouldRefuseAnotherVersionOfLmdbAndTouchNothing() throws Exception {
    try (RandomAccessFile file = file()) {
      for (long page = 0; page < 2; page++) {
        file.seek(page * Keys.PAGE_BYTES + 20);
        file.write(2);
      }
    }
    byte[] before = Files.readAllBytes(directory.resolve(EnvironmentFiles.ENVIRONMENT));
    assertThatThrownBy(() -> Engines.open(directory))
        .isInstanceOf(StorageException.class)
        .hasMessageContaining("version");
    assertThat(directory.resolve(EnvironmentFiles.ENVIRONMENT)).hasBinaryContent(before);
  }

  @Test
  void shouldRefuseAnEnvironmentOfAMachineWithOtherPages() throws Exception {
    byte[] meta = new byte[Keys.PAGE_BYTES];
    try (RandomAccessFile file = file()) {
      file.readFully(meta);
      ByteBuffer.wrap(meta).order(ByteOrder.LITTLE_ENDIAN).putInt(40, 16384);
      file.seek(0);
      file.write(meta);
      file.write(new byte[Keys.PAGE_BYTES]);
    }
    assertThatThrownBy(() -> Engines.open(directory))
        .isInstanceOf(StorageException.class)
        .hasMessageContaining("pages of 16384 bytes");
  }

  @Test
  void shouldRefuseAnotherLayoutOfItsOwn() throws Exception {
    Engines.change(
        directory,
        changes -> {
          var key = Keys.format(changes.key);
          var value = changes.reserve(changes.databases.logs(), key, FormatRow.BYTES);
          new FormatRow(1, 1, 0).writeTo(key, value);
        });
    assertThatThrownBy(() -> Engines.open(directory))
        .isInstanceOf(StorageException.class)
        .hasMessageContaining("the layout of version 1 of this engine, which reads version 2");
  }

  /** Nobody can say whether there is an environment: none is made in its place. */
  @Test
  void shouldNotBeginAnewWhereItIsNotKnownWhetherThereIsAnEnvironment() throws Exception {
    Path file = directory.resolve(EnvironmentFiles.ENVIRONMENT);
    Files.delete(file);
    Files.createSymbolicLink(file, file);

    assertThatThrownBy(() -> Engines.open(directory)).isInstanceOf(StorageException.class);
    assertThat(Files.isSymbolicLink(file)).isTrue();
  }

  private static Device noting(List<Path> synced) {
    return new Device() {
      @Override
      public void synced(Path path) {
        synced.add(path);
      }
    };
  }

  /** A killed process may have left a commit in the page cache, or what took one back. */
  @Test
  void shouldSyncWhatAnEarlierProcessHasLeftBeforeALogIsOpened() {
    List<Path> synced = new ArrayList<>();
    Device device = noting(synced);
    try (LmdbEngine engine = Engines.open(directory, device, Map.of())) {
      assertThat(engine.open(id).endIndex()).isEqualTo(300);
      assertThat(synced).containsExactly(directory.resolve(EnvironmentFiles.ENVIRONMENT));
    }
  }

  @Test
  void shouldSyncTheNamesOfTheDirectoriesThatItMakes() {
    List<Path> synced = new ArrayList<>();
    Device device = noting(synced);
    Path made = directory.resolve("a").resolve("b");
    Engines.open(made, device, Map.of()).close();

    assertThat(synced).contains(directory, directory.resolve("a"), made);
  }

  @Test
  void shouldRefuseToBeOpenedTwice() {
    try (LmdbEngine engine = Engines.open(directory)) {
      assertThatThrownBy(() -> Engines.open(directory))
          .isInstanceOf(StorageException.class)
          .hasMessageContaining("is open");
      assertThat(engine.open(id).endIndex()).isEqualTo(300);
    }
    Engines.open(directory).close();
  }

  @Test
  void shouldRefuseWhatAnotherProcessHasOpen() throws Exception {
    try (ChildJvm user = EnvironmentUser.start(directory, EnvironmentUser.WAIT, directory)) {
      assertThat(user.line()).contains("opened");
      assertThatThrownBy(() -> Engines.open(directory))
          .isInstanceOf(StorageException.class)
          .hasMessageContaining("is open");
      user.kill();
    }
    try (LmdbEngine engine = Engines.open(directory)) {
      assertThat(engine.open(id).endIndex()).isEqualTo(300);
    }
  }

  private RandomAccessFile file() throws Exception {
    return new RandomAccessFile(directory.resolve(EnvironmentFiles.ENVIRONMENT).toFile(), "rw");
  }
}
