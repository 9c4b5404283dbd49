package dev.flotilla.storage.mmap;

import static org.assertj.core.api.Assertions.assertThat;

import dev.flotilla.storage.EngineContext;
import dev.flotilla.storage.FlushListener;
import dev.flotilla.storage.FlushMode;
import dev.flotilla.storage.LogBase;
import dev.flotilla.storage.LogId;
import dev.flotilla.storage.LogStore;
import dev.flotilla.storage.Slice;
import dev.flotilla.storage.testkit.TestEntries;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** How segment files grow ahead of what is written. */
final class PreallocationTest {

  private static final int PAYLOAD_BYTES = 200_000;
  private static final int STEP_BYTES = 4 << 20;

  @TempDir Path directory;

  @Test
  void shouldGrowByAsMuchAsThereIsWithinBounds() {
    Preallocation preallocation = new Preallocation(STEP_BYTES, true);

    assertThat(preallocation.sizeBehind(64 << 10, (64 << 10) + 1)).isEqualTo(128 << 10);
    assertThat(preallocation.sizeBehind(64 << 10, 200_000)).isEqualTo(256 << 10);
    assertThat(preallocation.sizeBehind(64 << 20, (64 << 20) + 1)).isEqualTo(68 << 20);
  }

  @Test
  void shouldWriteZerosAheadOnlyWhereAppendsAreSynced() throws Exception {
    int synced = writesOfAnAppend(FlushMode.COMMIT);
    int unsynced = writesOfAnAppend(FlushMode.UNSAFE_OS);

    assertThat(unsynced).isEqualTo(2);
    assertThat(synced).isGreaterThan(2);
  }

  /** An append that makes the file grow, and that is read back. */
  private int writesOfAnAppend(FlushMode mode) throws Exception {
    AtomicInteger writes = new AtomicInteger();
    WatchedChannel.Watcher counting =
        new WatchedChannel.Watcher() {
          @Override
          public void writing() {
            writes.incrementAndGet();
          }
        };
    EngineContext context =
        new EngineContext(
            directory.resolve(mode.name()), mode, 64 << 20, 1 << 20, Map.of(), FlushListener.NONE);
    Disk.Opener opener =
        (file, options) -> new WatchedChannel(FileChannel.open(file, options), counting);
    try (MmapEngine engine =
        MmapEngine.open(context.directory(), EngineConfig.of(context), opener)) {
      LogStore log = engine.create(LogId.random(), LogBase.ORIGIN);
      TestEntries entries = TestEntries.behind(LogBase.ORIGIN, 1);
      Engines.append(log, entries.several(1, PAYLOAD_BYTES));
      int before = writes.get();
      Engines.append(log, entries.several(1, PAYLOAD_BYTES));
      int of = writes.get() - before;
      try (Slice payload = log.payload(1)) {
        assertThat(payload.bytes()).isEqualTo(PAYLOAD_BYTES);
      }
      return of;
    }
  }
}
