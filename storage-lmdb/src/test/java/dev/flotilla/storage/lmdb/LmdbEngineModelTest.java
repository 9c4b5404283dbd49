package dev.flotilla.storage.lmdb;

import dev.flotilla.storage.StorageEngineFactory;
import dev.flotilla.storage.testkit.StorageEngineModelTest;

final class LmdbEngineModelTest extends StorageEngineModelTest {

  @Override
  protected StorageEngineFactory factory() {
    return new LmdbEngineFactory();
  }
}
