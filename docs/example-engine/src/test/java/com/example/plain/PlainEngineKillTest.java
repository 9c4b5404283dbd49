package com.example.plain;

import dev.flotilla.storage.StorageEngineFactory;
import dev.flotilla.storage.testkit.StorageEngineKillTest;

final class PlainEngineKillTest extends StorageEngineKillTest {

  @Override
  protected StorageEngineFactory factory() {
    return new PlainEngineFactory();
  }
}
