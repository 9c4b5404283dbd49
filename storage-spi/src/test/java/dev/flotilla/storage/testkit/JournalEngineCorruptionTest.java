package dev.flotilla.storage.testkit;

import dev.flotilla.storage.StorageEngineFactory;
import dev.flotilla.storage.testkit.JournalEngineFactory.Fault;

final class JournalEngineCorruptionTest extends StorageEngineCorruptionTest {

  @Override
  protected StorageEngineFactory factory() {
    return new JournalEngineFactory(Fault.NONE);
  }
}
