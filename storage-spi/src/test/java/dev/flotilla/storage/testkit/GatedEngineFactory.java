package dev.flotilla.storage.testkit;

import dev.flotilla.storage.EngineContext;
import dev.flotilla.storage.StorageEngineFactory;

/**
 * Puts a {@link FlushGate} in front of every engine that another factory opens. For tests of what
 * opens its engine itself: they keep the factory and its gate. Safe for threads.
 */
public final class GatedEngineFactory implements StorageEngineFactory {

  private final StorageEngineFactory factory;
  private final FlushGate gate = new FlushGate();

  /** With an open gate. */
  public GatedEngineFactory(StorageEngineFactory factory) {
    this.factory = factory;
  }

  /** The gate of all engines that this factory opens. */
  public FlushGate gate() {
    return gate;
  }

  @Override
  public String name() {
    return factory.name();
  }

  @Override
  public GatedEngine open(EngineContext context) {
    return new GatedEngine(factory.open(context), gate);
  }
}
