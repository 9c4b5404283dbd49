package dev.flotilla.storage.lmdb;

import dev.flotilla.storage.StorageEngineFactory;
import dev.flotilla.storage.testkit.StorageEngineContractTest;

final class LmdbEngineContractTest extends StorageEngineContractTest {

  @Override
  protected StorageEngineFactory factory() {
    return new LmdbEngineFactory();
  }
}
