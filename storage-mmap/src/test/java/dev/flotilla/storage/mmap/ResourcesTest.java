package dev.flotilla.storage.mmap;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.flotilla.storage.EntryCompactor.Outcome;
import dev.flotilla.storage.LogBase;
import dev.flotilla.storage.LogId;
import dev.flotilla.storage.LogStore;
import dev.flotilla.storage.LogStore.FirstBatch;
import dev.flotilla.storage.Slice;
import dev.flotilla.storage.WriteSet;
import dev.flotilla.storage.testkit.TestEntries;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What logs cost: open files, maps, bytes on the disk, and work when they are opened. */
final class ResourcesTest {

  @TempDir Path directory;

  @Test
  void shouldCostOneOpenFileAndSeventyTwoKilobytesWhileIdle() throws Exception {
    try (MmapEngine engine = Engines.open(directory)) {
      long before = open().files();
      List<LogStore> logs = new ArrayList<>();
      for (int i = 0; i < 20; i++) {
        logs.add(engine.create(LogId.random(), LogBase.ORIGIN));
      }

      assertThat(open().files() - before).isEqualTo(20);
      assertThat(open().maps()).isZero();
      for (LogStore log : logs) {
        assertThat(log.diskBytes()).isEqualTo(72 << 10);
        assertThat(storedBytes(log.id())).isEqualTo(72 << 10);
      }
    }
    assertThat(open().files("segment")).isZero();
  }

  @Test
  void shouldLeaveNoFileAndNoMapBehind() throws Exception {
    for (int round = 0; round < 5; round++) {
      try (MmapEngine engine = Engines.open(directory)) {
        LogId id = LogId.random();
        LogStore log = engine.create(id, LogBase.ORIGIN);
        TestEntries entries = TestEntries.behind(LogBase.ORIGIN, round);
        for (int i = 0; i < 5; i++) {
          Engines.append(log, entries.several(10, 64 << 10));
          log.batches(0, log.endOffset(), 10 << 20, FirstBatch.WHOLE).close();
        }
        Slice lent = log.batches(0, log.endOffset(), 10 << 20, FirstBatch.WHOLE);
        log.write(WriteSet.truncate(25)).get(60, TimeUnit.SECONDS);
        log.compact(0, 25, (_, _) -> new Outcome.Keep());
        log.close();
        assertThat(open().maps()).isPositive();
        assertThat(lent.bytes()).isEqualTo(50 * (64 << 10));
        lent.close();
        assertThat(open().maps()).isZero();

        LogStore again = engine.open(id);
        again.payload(24).close();
        again.close();
        engine.delete(id);
      }
      assertThat(open().maps()).isZero();
      assertThat(open().files("segment")).isZero();
      assertThat(directory).isEmptyDirectory();
    }
  }

  @Test
  void shouldTakeLessThanAMegabyteWhenAnEmptyPartitionIsCutOften() throws Exception {
    try (MmapEngine engine = Engines.open(directory)) {
      LogId id = LogId.random();
      LogStore log = engine.create(id, LogBase.ORIGIN);
      for (int term = 1; term <= 100; term++) {
        TestEntries entries =
            log.lastHeader()
                .map(last -> TestEntries.behind(last, 1))
                .orElseGet(() -> TestEntries.behind(LogBase.ORIGIN, 1));
        Engines.append(
            log, List.of(entries.term(term).raftOnly(50), entries.term(term).raftOnly(50)));
        log.write(WriteSet.truncate(log.endIndex() - 1)).get(60, TimeUnit.SECONDS);
      }

      assertThat(log.endIndex()).isEqualTo(100);
      log.close();
      assertThat(storedBytes(id)).isLessThan(1 << 20);
      assertThat(engine.open(id).diskBytes()).isEqualTo(storedBytes(id));
    }
  }

  @Test
  void shouldLeaveNothingBehindWhenACompactionFails() throws Exception {
    try (MmapEngine engine = Engines.open(directory)) {
      LogId id = LogId.random();
      LogStore log = engine.create(id, LogBase.ORIGIN);
      Engines.append(log, TestEntries.behind(LogBase.ORIGIN, 1).several(40, 60_000));
      long openFiles = open().files();
      List<Path> segments = segmentFiles(id);

      assertThatThrownBy(() ->
              log.compact(
                  0,
                  40,
                  (header, _) -> {
                    if (header.index() == 15) {
                      throw new IllegalStateException("no more");
                    }
                    return new Outcome.Keep();
                  }))
          .hasMessage("no more");
      assertThat(open().files()).isEqualTo(openFiles);
      assertThat(segmentFiles(id)).isEqualTo(segments);
    }
  }

  @Test
  void shouldOpenALogWithoutReadingWhatItRetains() throws Exception {
    long small = bytesReadToOpen(2);
    long large = bytesReadToOpen(24);

    assertThat(large).isLessThan(small + (256 << 10));
    assertThat(small).isLessThan(1 << 20);
  }

  private long bytesReadToOpen(int megabytes) throws Exception {
    Path data = directory.resolve("of-" + megabytes);
    LogId id = LogId.random();
    try (MmapEngine engine = Engines.open(data)) {
      LogStore log = engine.create(id, LogBase.ORIGIN);
      TestEntries entries = TestEntries.behind(LogBase.ORIGIN, 1);
      for (int i = 0; i < megabytes; i++) {
        Engines.append(log, entries.several(16, 64 << 10));
      }
      Engines.append(log, entries.several(5, 100));
    }
    AtomicLong read = new AtomicLong();
    WatchedChannel.Watcher watcher =
        new WatchedChannel.Watcher() {
          @Override
          public void read(long bytes) {
            read.addAndGet(bytes);
          }
        };
    try (MmapEngine engine = Engines.open(data, watcher)) {
      LogStore log = engine.open(id);
      assertThat(log.endIndex()).isEqualTo(megabytes * 16 + 5);
    }
    return read.get();
  }

  private List<Path> segmentFiles(LogId id) throws IOException {
    try (Stream<Path> files = Files.list(directory.resolve(id.toString()))) {
      return files.filter(file -> !file.toString().contains("manifest")).sorted().toList();
    }
  }

  private OpenResources open() {
    return new OpenResources(directory);
  }

  private long storedBytes(LogId id) throws IOException {
    long bytes = 0;
    try (Stream<Path> files = Files.list(directory.resolve(id.toString()))) {
      for (Path file : files.toList()) {
        bytes += Files.size(file);
      }
    }
    return bytes;
  }
}
