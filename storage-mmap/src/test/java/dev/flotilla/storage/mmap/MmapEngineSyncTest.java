package dev.flotilla.storage.mmap;

import dev.flotilla.storage.EngineContext;
import dev.flotilla.storage.StorageEngine;
import dev.flotilla.storage.StorageEngineFactory;
import dev.flotilla.storage.testkit.StorageEngineSyncTest;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.util.function.Consumer;

final class MmapEngineSyncTest extends StorageEngineSyncTest {

  @Override
  protected StorageEngineFactory factory(Consumer<Path> synced) {
    return new StorageEngineFactory() {
      @Override
      public String name() {
        return "mmap";
      }

      @Override
      public StorageEngine open(EngineContext context) {
        return MmapEngine.open(
            context.directory(),
            EngineConfig.of(context),
            (file, options) ->
                new WatchedChannel(FileChannel.open(file, options), telling(file, synced)));
      }
    };
  }

  private static WatchedChannel.Watcher telling(Path file, Consumer<Path> synced) {
    return new WatchedChannel.Watcher() {
      @Override
      public void synced() {
        synced.accept(file);
      }
    };
  }
}
