package dev.flotilla.storage.mmap;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.flotilla.storage.DiskFullException;
import dev.flotilla.storage.Entry;
import dev.flotilla.storage.LogBase;
import dev.flotilla.storage.LogClosedException;
import dev.flotilla.storage.LogId;
import dev.flotilla.storage.LogStore;
import dev.flotilla.storage.Slice;
import dev.flotilla.storage.StorageException;
import dev.flotilla.storage.WriteSet;
import dev.flotilla.storage.testkit.TestEntries;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A device that fails gives the contract's exceptions, and what was durable stays readable. */
final class FailingDiskTest {

  private static final String IO_ERROR = "Input/output error";

  /** Fails syncs or writes once it is told to. */
  private static final class Faults implements WatchedChannel.Watcher {

    private volatile String write = "";
    private volatile String sync = "";

    @Override
    public void writing() throws IOException {
      fail(write);
    }

    @Override
    public void syncing() throws IOException {
      fail(sync);
    }

    private static void fail(String message) throws IOException {
      if (!message.isEmpty()) {
        throw new IOException(message);
      }
    }
  }

  private final Faults faults = new Faults();
  private final TestEntries entries = TestEntries.behind(LogBase.ORIGIN, 1);

  @TempDir Path directory;

  @Test
  void shouldTakeNoMoreWritesAfterAFailedSync() throws Exception {
    LogId id = LogId.random();
    try (MmapEngine engine = Engines.open(directory, faults)) {
      LogStore log = engine.create(id, LogBase.ORIGIN);
      Engines.append(log, entries.several(3, 1000));
      faults.sync = IO_ERROR;
      CompletableFuture<Void> failing = log.write(WriteSet.append(entries.several(2, 1000)));

      failsWith(failing, StorageException.class, IO_ERROR);
      faults.sync = "";
      failsWith(
          log.write(WriteSet.append(entries.several(1, 10))), LogClosedException.class, "failed");
      assertThat(log.endIndex()).isEqualTo(3);
      try (Slice slice = log.payload(2)) {
        assertThat(slice.bytes()).isEqualTo(1000);
      }
      log.close();

      LogStore again = engine.openCutAt(id, 3);
      assertThat(again.endIndex()).isEqualTo(3);
      Engines.append(again, TestEntries.behind(again, 2).several(2, 1000));
      assertThat(again.endIndex()).isEqualTo(5);
    }
  }

  @Test
  void shouldShowWhatWasDurableUntilTheDeviceLetsItBeOpenedAgain() throws Exception {
    LogId id = LogId.random();
    try (MmapEngine engine = Engines.open(directory, faults)) {
      // given a log of several segments, the last of which fails
      LogStore log = engine.create(id, LogBase.ORIGIN);
      for (int i = 0; i < 40; i++) {
        Engines.append(log, entries.several(2, 32 << 10));
      }
      List<Entry> before = shown(log);
      faults.sync = IO_ERROR;
      failsWith(
          log.write(WriteSet.append(entries.several(40, 32 << 10))),
          StorageException.class,
          IO_ERROR);

      // when it is opened again and again in vain
      for (String broken : List.of("sync", "write", "sync")) {
        faults.sync = broken.equals("sync") ? IO_ERROR : "";
        faults.write = broken.equals("write") ? IO_ERROR : "";
        thrown(() -> log.reopenCutAt(80), StorageException.class);

        // then it is as readable as ever
        assertThat(shown(log)).isEqualTo(before);
      }

      // and when the device works again the other store has the same, and takes more
      faults.sync = "";
      faults.write = "";
      LogStore again = log.reopenCutAt(80);
      assertThat(shown(log)).isEqualTo(before);
      assertThat(shown(again)).isEqualTo(before);
      Engines.append(again, TestEntries.behind(again, 2).several(60, 32 << 10));
      assertThat(shown(log)).isEqualTo(before);
      log.close();
      assertThat(again.endIndex()).isEqualTo(140);
      again.payload(139).close();
    }
  }

  @Test
  void shouldFailWhatIsPendingBehindAFailedWrite() throws Exception {
    try (MmapEngine engine = Engines.open(directory, faults)) {
      LogStore log = engine.create(LogId.random(), LogBase.ORIGIN);
      faults.write = IO_ERROR;
      for (int i = 0; i < 20; i++) {
        CompletableFuture<Void> write = log.write(WriteSet.append(entries.several(1, 100)));
        assertThatThrownBy(() -> write.get(60, TimeUnit.SECONDS))
            .hasCauseInstanceOf(StorageException.class);
      }
      assertThat(log.endIndex()).isZero();
    }
  }

  @Test
  void shouldSayThatTheDiskIsFull() throws Exception {
    try (MmapEngine engine = Engines.open(directory, faults)) {
      LogStore log = engine.create(LogId.random(), LogBase.ORIGIN);
      faults.write = "No space left on device";
      failsWith(
          log.write(WriteSet.append(entries.several(1, 100))),
          DiskFullException.class,
          "No space left");
      thrown(() -> engine.create(LogId.random(), LogBase.ORIGIN), DiskFullException.class);
    }
  }

  @Test
  void shouldFillARealDeviceWithoutAnInternalError() throws Exception {
    Path mount = Files.createDirectory(directory.resolve("small"));
    Assumptions.assumeTrue(
        run("mount", "-t", "tmpfs", "-o", "size=2m", "tmpfs", mount.toString()),
        "no tmpfs can be mounted here");
    try (MmapEngine engine = Engines.open(mount.resolve("data"))) {
      LogStore log = engine.create(LogId.random(), LogBase.ORIGIN);
      long durable = 0;
      Throwable failure = null;
      for (int i = 0; i < 100 && failure == null; i++) {
        try {
          log.write(WriteSet.append(entries.several(1, 64 << 10))).get(60, TimeUnit.SECONDS);
          durable++;
        } catch (ExecutionException e) {
          failure = e.getCause();
        }
      }
      assertThat(failure).isInstanceOf(DiskFullException.class);
      assertThat(log.endIndex()).isEqualTo(durable).isPositive();
      for (long index = 0; index < durable; index++) {
        log.payload(index).close();
      }
    } finally {
      run("umount", mount.toString());
    }
  }

  @Test
  void shouldTranslateAPageThatCannotBeRead() throws Exception {
    LogId id = LogId.random();
    try (MmapEngine engine = Engines.open(directory)) {
      LogStore log = engine.create(id, LogBase.ORIGIN);
      Engines.append(log, entries.several(40, 1000));
      log.payload(0).close();
      Path file;
      try (Stream<Path> files = Files.walk(directory)) {
        file = files.filter(path -> path.toString().endsWith(".segment")).findFirst().orElseThrow();
      }
      try (RandomAccessFile segment = new RandomAccessFile(file.toFile(), "rw")) {
        segment.setLength(8192);
      }
      log.payload(0).close();
      thrown(() -> log.payload(39), StorageException.class);
      thrown(() -> log.header(39), StorageException.class);
    }
  }

  /** Copies of all entries that a log shows. */
  private static List<Entry> shown(LogStore log) {
    List<Entry> entries = new ArrayList<>();
    for (long index = log.base().index() + 1; index < log.endIndex(); index++) {
      try (Slice slice = log.payload(index)) {
        ByteBuffer payload = ByteBuffer.allocate(slice.bytes());
        slice.buffers().forEach(part -> payload.put(part.duplicate()));
        entries.add(new Entry(log.header(index), payload.flip()));
      }
    }
    return entries;
  }

  private static void failsWith(
      CompletableFuture<Void> write, Class<? extends Throwable> type, String text) {
    assertThatThrownBy(() -> write.get(60, TimeUnit.SECONDS))
        .cause()
        .isInstanceOf(type)
        .hasMessageContaining(text);
  }

  private static void thrown(ThrowingCallable call, Class<? extends Throwable> type) {
    assertThatThrownBy(call).isInstanceOf(type);
  }

  private static boolean run(String... command) throws Exception {
    Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
    return process.waitFor(10, TimeUnit.SECONDS) && process.exitValue() == 0;
  }
}
