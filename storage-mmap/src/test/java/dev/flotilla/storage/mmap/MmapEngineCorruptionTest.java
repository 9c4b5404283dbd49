package dev.flotilla.storage.mmap;

import dev.flotilla.storage.StorageEngineFactory;
import dev.flotilla.storage.testkit.StorageEngineCorruptionTest;

final class MmapEngineCorruptionTest extends StorageEngineCorruptionTest {

  @Override
  protected StorageEngineFactory factory() {
    return new MmapEngineFactory();
  }
}
