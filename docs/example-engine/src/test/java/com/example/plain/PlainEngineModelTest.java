package com.example.plain;

import dev.flotilla.storage.StorageEngineFactory;
import dev.flotilla.storage.testkit.StorageEngineModelTest;

final class PlainEngineModelTest extends StorageEngineModelTest {

  @Override
  protected StorageEngineFactory factory() {
    return new PlainEngineFactory();
  }
}
