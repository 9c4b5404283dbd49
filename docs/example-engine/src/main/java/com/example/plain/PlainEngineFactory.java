package com.example.plain;

import dev.flotilla.storage.EngineContext;
import dev.flotilla.storage.StorageEngine;
import dev.flotilla.storage.StorageEngineFactory;
import java.nio.file.Path;
import java.util.function.Consumer;

/** Opens engines that keep each log in one plain file. */
public final class PlainEngineFactory implements StorageEngineFactory {

  private final Consumer<Path> synced;

  /** For {@link java.util.ServiceLoader}. */
  public PlainEngineFactory() {
    this(_ -> {});
  }

  /**
   * For tests.
   *
   * @param synced told of each file and directory when it has been synced
   */
  PlainEngineFactory(Consumer<Path> synced) {
    this.synced = synced;
  }

  @Override
  public String name() {
    return "plain";
  }

  @Override
  public StorageEngine open(EngineContext context) {
    if (!context.settings().isEmpty()) {
      throw new IllegalArgumentException("unknown settings " + context.settings().keySet());
    }
    return new PlainEngine(context, new Disk(context, synced));
  }
}
