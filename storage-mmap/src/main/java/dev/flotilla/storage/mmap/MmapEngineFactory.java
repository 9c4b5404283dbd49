package dev.flotilla.storage.mmap;

import dev.flotilla.storage.EngineContext;
import dev.flotilla.storage.StorageEngine;
import dev.flotilla.storage.StorageEngineFactory;
import java.nio.channels.FileChannel;

/** Opens engines that keep segment files and read them through memory maps. */
public final class MmapEngineFactory implements StorageEngineFactory {

  @Override
  public String name() {
    return "mmap";
  }

  @Override
  public StorageEngine open(EngineContext context) {
    return MmapEngine.open(context.directory(), EngineConfig.of(context), FileChannel::open);
  }
}
