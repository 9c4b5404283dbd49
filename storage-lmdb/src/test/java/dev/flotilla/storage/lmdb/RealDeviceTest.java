package dev.flotilla.storage.lmdb;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.flotilla.storage.DiskFullException;
import dev.flotilla.storage.Entry;
import dev.flotilla.storage.LogBase;
import dev.flotilla.storage.LogId;
import dev.flotilla.storage.LogStore;
import dev.flotilla.storage.StorageException;
import dev.flotilla.storage.WriteSet;
import dev.flotilla.storage.testkit.TestEntries;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Engines on a file system of three megabytes, where this process may mount one. */
final class RealDeviceTest {

  private final LogId id = LogId.random();

  @TempDir Path directory;
  private Path mount;
  private Path data;

  @BeforeEach
  void mount() throws Exception {
    mount = Files.createDirectory(directory.resolve("small"));
    data = mount.resolve("data");
    boolean mounted = run("mount", "-t", "tmpfs", "-o", "size=3m", "tmpfs", mount.toString());
    if (!mounted) {
      System.out.println("RealDeviceTest is left out: no tmpfs can be mounted by this user");
    }
    Assumptions.assumeTrue(mounted, "no tmpfs can be mounted by this user");
  }

  @AfterEach
  void unmount() throws Exception {
    run("umount", mount.toString());
  }

  @Test
  void shouldSayThatItIsFullAndGoOnWhenItIsNot() throws Exception {
    try (LmdbEngine engine = Engines.open(data)) {
      LogStore log = engine.create(id, LogBase.ORIGIN);
      assertThat(fill(log)).isInstanceOf(DiskFullException.class);
      List<Entry> durable = Engines.shown(log);
      assertThat(durable).isNotEmpty();

      remount("size=30m");
      LogStore again = log.reopenCutAt(log.endIndex());
      log.close();
      Engines.append(again, TestEntries.behind(again, 2).several(20, 64 << 10));
      assertThat(Engines.shown(again).subList(0, durable.size())).isEqualTo(durable);
    }
  }

  @Test
  void shouldOpenOnAFullDeviceAndShowWhatIsThere() throws Exception {
    List<Entry> durable;
    try (LmdbEngine engine = Engines.open(data)) {
      LogStore log = engine.create(id, LogBase.ORIGIN);
      fill(log);
      durable = Engines.shown(log);
    }
    useUp();
    try (LmdbEngine engine = Engines.open(data)) {
      assertThat(Engines.shown(engine.open(id))).isEqualTo(durable);
    }
  }

  @Test
  void shouldSayThatItIsFullWhereNoEnvironmentCanBeMade() throws Exception {
    useUp();
    assertThatThrownBy(() -> Engines.open(data)).isInstanceOf(DiskFullException.class);

    remount("size=30m");
    try (LmdbEngine engine = Engines.open(data)) {
      Engines.append(
          engine.create(id, LogBase.ORIGIN), TestEntries.behind(LogBase.ORIGIN, 1).several(3, 100));
    }
  }

  @Test
  void shouldRefuseADeviceThatMayNotBeWrittenAndTouchNothing() throws Exception {
    try (LmdbEngine engine = Engines.open(data)) {
      Engines.append(
          engine.create(id, LogBase.ORIGIN), TestEntries.behind(LogBase.ORIGIN, 1).several(3, 100));
    }
    remount("ro");
    assertThatThrownBy(() -> Engines.open(data))
        .isInstanceOf(StorageException.class)
        .isNotInstanceOf(DiskFullException.class)
        .hasMessageContaining("Read-only");

    remount("rw");
    try (LmdbEngine engine = Engines.open(data)) {
      assertThat(Engines.shown(engine.open(id))).hasSize(3);
    }
  }

  private void remount(String option) throws Exception {
    assertThat(run("mount", "-o", "remount," + option, mount.toString())).isTrue();
  }

  /** Takes all that is left. */
  private void useUp() throws Exception {
    Path filler = mount.resolve("filler");
    assertThat(run("dd", "if=/dev/zero", "of=" + filler, "bs=4096")).as("ends of ENOSPC").isFalse();
  }

  /** Appends until it fails; why it did. */
  private static Throwable fill(LogStore log) throws Exception {
    TestEntries entries = TestEntries.behind(LogBase.ORIGIN, 1);
    for (int i = 0; i < 200; i++) {
      try {
        log.write(WriteSet.append(entries.several(1, 64 << 10))).get(60, TimeUnit.SECONDS);
      } catch (ExecutionException e) {
        return Objects.requireNonNull(e.getCause());
      }
    }
    throw new AssertionError("there was room for everything");
  }

  private static boolean run(String... command) throws Exception {
    Process process =
        new ProcessBuilder(command)
            .redirectErrorStream(true)
            .redirectOutput(ProcessBuilder.Redirect.DISCARD)
            .start();
    return process.waitFor(60, TimeUnit.SECONDS) && process.exitValue() == 0;
  }
}
