package dev.flotilla.storage.lmdb;

import dev.flotilla.storage.StorageEngineFactory;
import dev.flotilla.storage.testkit.StorageEngineCorruptionTest;

final class LmdbEngineCorruptionTest extends StorageEngineCorruptionTest {

  @Override
  protected StorageEngineFactory factory() {
    return new LmdbEngineFactory();
  }
}
