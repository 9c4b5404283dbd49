package dev.flotilla.storage.mmap;

import dev.flotilla.storage.StorageEngineFactory;
import dev.flotilla.storage.testkit.StorageEngineContractTest;

final class MmapEngineContractTest extends StorageEngineContractTest {

  @Override
  protected StorageEngineFactory factory() {
    return new MmapEngineFactory();
  }
}
