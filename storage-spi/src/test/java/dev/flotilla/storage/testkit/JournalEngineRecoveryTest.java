package dev.flotilla.storage.testkit;

import dev.flotilla.storage.StorageEngineFactory;
import dev.flotilla.storage.testkit.JournalEngineFactory.Fault;

final class JournalEngineRecoveryTest extends StorageEngineRecoveryTest {

  @Override
  protected StorageEngineFactory factory() {
    return new JournalEngineFactory(Fault.NONE);
  }
}
