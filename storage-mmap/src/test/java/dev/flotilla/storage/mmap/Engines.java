package dev.flotilla.storage.mmap;

import dev.flotilla.storage.EngineContext;
import dev.flotilla.storage.Entry;
import dev.flotilla.storage.FlushListener;
import dev.flotilla.storage.FlushMode;
import dev.flotilla.storage.LogStore;
import dev.flotilla.storage.WriteSet;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/** Engines for tests. */
final class Engines {

  static final int SEGMENT_BYTES = 1 << 20;

  private Engines() {}

  static MmapEngine open(Path directory) {
    return open(directory, FileChannel::open);
  }

  static MmapEngine open(Path directory, Disk.Opener opener) {
    return open(directory, SEGMENT_BYTES, opener);
  }

  static MmapEngine open(Path directory, int segmentBytes, Disk.Opener opener) {
    EngineContext context =
        new EngineContext(
            directory,
            FlushMode.COMMIT,
            segmentBytes,
            1 << 20,
            Map.of("flushers", "2"),
            FlushListener.NONE);
    return MmapEngine.open(directory, EngineConfig.of(context), opener);
  }

  /** All channels are watched by one watcher. */
  static MmapEngine open(Path directory, WatchedChannel.Watcher watcher) {
    return open(
        directory, (file, options) -> new WatchedChannel(FileChannel.open(file, options), watcher));
  }

  static void append(LogStore log, List<Entry> entries) throws Exception {
    log.write(WriteSet.append(entries)).get(60, TimeUnit.SECONDS);
  }
}
