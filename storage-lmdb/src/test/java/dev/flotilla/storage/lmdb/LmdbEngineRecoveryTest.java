package dev.flotilla.storage.lmdb;

import dev.flotilla.storage.StorageEngineFactory;
import dev.flotilla.storage.testkit.CommitPages;
import dev.flotilla.storage.testkit.StorageEngineRecoveryTest;

final class LmdbEngineRecoveryTest extends StorageEngineRecoveryTest {

  @Override
  protected StorageEngineFactory factory() {
    return new LmdbEngineFactory();
  }

  @Override
  protected CommitPages commitPages() {
    return new MetaPages();
  }
}
