package dev.flotilla.storage.lmdb;

import dev.flotilla.storage.EngineContext;
import dev.flotilla.storage.StorageEngine;
import dev.flotilla.storage.StorageEngineFactory;
import dev.flotilla.storage.testkit.CommitPages;
import dev.flotilla.storage.testkit.StorageEngineSyncTest;
import java.nio.file.Path;
import java.util.function.Consumer;

final class LmdbEngineSyncTest extends StorageEngineSyncTest {

  @Override
  protected StorageEngineFactory factory(Consumer<Path> synced) {
    return new StorageEngineFactory() {
      @Override
      public String name() {
        return "lmdb";
      }

      @Override
      public StorageEngine open(EngineContext context) {
        return LmdbEngine.open(
            context.directory(),
            EngineConfig.of(context),
            new Device() {
              @Override
              public void synced(Path path) {
                synced.accept(path);
              }
            });
      }
    };
  }

  @Override
  protected CommitPages commitPages() {
    return new MetaPages();
  }
}
