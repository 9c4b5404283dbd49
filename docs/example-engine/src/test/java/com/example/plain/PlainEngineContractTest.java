package com.example.plain;

import dev.flotilla.storage.StorageEngineFactory;
import dev.flotilla.storage.testkit.StorageEngineContractTest;

final class PlainEngineContractTest extends StorageEngineContractTest {

  @Override
  protected StorageEngineFactory factory() {
    return new PlainEngineFactory();
  }
}
