package dev.flotilla.storage.testkit;

import dev.flotilla.storage.StorageEngineFactory;
import dev.flotilla.storage.testkit.InMemoryEngineFactory.Completion;

/** A gate that stands open changes nothing. */
final class GatedEngineContractTest extends StorageEngineContractTest {

  @Override
  protected StorageEngineFactory factory() {
    return new GatedEngineFactory(new InMemoryEngineFactory(Completion.IN_CALLER));
  }
}
