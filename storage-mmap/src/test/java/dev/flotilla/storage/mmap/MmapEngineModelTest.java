package dev.flotilla.storage.mmap;

import dev.flotilla.storage.StorageEngineFactory;
import dev.flotilla.storage.testkit.StorageEngineModelTest;

final class MmapEngineModelTest extends StorageEngineModelTest {

  @Override
  protected StorageEngineFactory factory() {
    return new MmapEngineFactory();
  }
}
