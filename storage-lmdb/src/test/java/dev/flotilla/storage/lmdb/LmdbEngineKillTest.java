package dev.flotilla.storage.lmdb;

import dev.flotilla.storage.StorageEngineFactory;
import dev.flotilla.storage.testkit.StorageEngineKillTest;
import java.util.List;

final class LmdbEngineKillTest extends StorageEngineKillTest {

  @Override
  protected StorageEngineFactory factory() {
    return new LmdbEngineFactory();
  }

  @Override
  protected List<String> jvmFlags() {
    return List.of(
        "--add-opens=java.base/java.nio=ALL-UNNAMED",
        "--add-opens=java.base/sun.nio.ch=ALL-UNNAMED",
        "--sun-misc-unsafe-memory-access=allow");
  }
}
