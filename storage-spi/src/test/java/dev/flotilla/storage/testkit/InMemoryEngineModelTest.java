package dev.flotilla.storage.testkit;

import dev.flotilla.storage.StorageEngineFactory;
import dev.flotilla.storage.testkit.InMemoryEngineFactory.Completion;

final class InMemoryEngineModelTest extends StorageEngineModelTest {

  @Override
  protected StorageEngineFactory factory() {
    return new InMemoryEngineFactory(Completion.ON_ENGINE_THREAD);
  }
}
