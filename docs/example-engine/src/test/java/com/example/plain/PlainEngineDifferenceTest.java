package com.example.plain;

import dev.flotilla.storage.StorageEngineFactory;
import dev.flotilla.storage.testkit.InMemoryEngineFactory;
import dev.flotilla.storage.testkit.InMemoryEngineFactory.Completion;
import dev.flotilla.storage.testkit.StorageEnginesDifferenceTest;
import java.util.List;

final class PlainEngineDifferenceTest extends StorageEnginesDifferenceTest {

  @Override
  protected List<StorageEngineFactory> factories() {
    return List.of(
        new PlainEngineFactory(), new InMemoryEngineFactory(Completion.ON_ENGINE_THREAD));
  }
}
