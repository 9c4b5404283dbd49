package dev.flotilla.storage.mmap;

import dev.flotilla.storage.StorageEngineFactory;
import dev.flotilla.storage.testkit.StorageEngineRecoveryTest;

final class MmapEngineRecoveryTest extends StorageEngineRecoveryTest {

  @Override
  protected StorageEngineFactory factory() {
    return new MmapEngineFactory();
  }
}
