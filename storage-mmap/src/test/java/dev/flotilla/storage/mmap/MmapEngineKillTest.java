package dev.flotilla.storage.mmap;

import dev.flotilla.storage.StorageEngineFactory;
import dev.flotilla.storage.testkit.StorageEngineKillTest;

final class MmapEngineKillTest extends StorageEngineKillTest {

  @Override
  protected StorageEngineFactory factory() {
    return new MmapEngineFactory();
  }
}
