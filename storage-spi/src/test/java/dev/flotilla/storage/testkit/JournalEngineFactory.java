package dev.flotilla.storage.testkit;

import dev.flotilla.storage.EngineContext;
import dev.flotilla.storage.StorageEngine;
import dev.flotilla.storage.StorageEngineFactory;

/**
 * Opens the simplest engine that keeps files: one journal per log, read into memory as a whole. It
 * shows that the kit lets a right engine pass and, with a fault built in, that it finds the fault.
 */
final class JournalEngineFactory implements StorageEngineFactory {

  private final Fault fault;

  /** What is wrong with the engine. */
  enum Fault {
    NONE,
    /** Frames are believed whatever they hold. */
    TRUSTS_EVERY_FRAME,
    /** Writes complete before they are synced. */
    COMPLETES_EARLY,
    /** What a crash left behind the last good frame stays in the file. */
    KEEPS_TORN_TAIL,
    /** A truncation is not written down. */
    FORGETS_TRUNCATIONS
  }

  JournalEngineFactory(Fault fault) {
    this.fault = fault;
  }

  @Override
  public String name() {
    return "journal";
  }

  @Override
  public StorageEngine open(EngineContext context) {
    if (!context.settings().isEmpty()) {
      throw new IllegalArgumentException("unknown settings " + context.settings().keySet());
    }
    return new JournalEngine(context.directory(), context.listener(), fault);
  }
}
