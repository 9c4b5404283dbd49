package com.example.plain;

import dev.flotilla.storage.StorageEngineFactory;
import dev.flotilla.storage.testkit.StorageEngineCorruptionTest;

final class PlainEngineCorruptionTest extends StorageEngineCorruptionTest {

  @Override
  protected StorageEngineFactory factory() {
    return new PlainEngineFactory();
  }
}
