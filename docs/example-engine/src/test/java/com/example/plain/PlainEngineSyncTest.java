package com.example.plain;

import dev.flotilla.storage.StorageEngineFactory;
import dev.flotilla.storage.testkit.StorageEngineSyncTest;
import java.nio.file.Path;
import java.util.function.Consumer;

final class PlainEngineSyncTest extends StorageEngineSyncTest {

  @Override
  protected StorageEngineFactory factory(Consumer<Path> synced) {
    return new PlainEngineFactory(synced);
  }
}
