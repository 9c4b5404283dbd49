package dev.flotilla.storage.lmdb;

import dev.flotilla.storage.EngineContext;
import dev.flotilla.storage.StorageEngine;
import dev.flotilla.storage.StorageEngineFactory;

/** Opens engines that keep all logs of a directory in one LMDB environment. */
public final class LmdbEngineFactory implements StorageEngineFactory {

  @Override
  public String name() {
    return "lmdb";
  }

  @Override
  public StorageEngine open(EngineContext context) {
    return LmdbEngine.open(context.directory(), EngineConfig.of(context), Device.REAL);
  }
}
