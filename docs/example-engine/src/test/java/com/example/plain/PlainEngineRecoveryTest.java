package com.example.plain;

import dev.flotilla.storage.StorageEngineFactory;
import dev.flotilla.storage.testkit.StorageEngineRecoveryTest;

final class PlainEngineRecoveryTest extends StorageEngineRecoveryTest {

  @Override
  protected StorageEngineFactory factory() {
    return new PlainEngineFactory();
  }
}
