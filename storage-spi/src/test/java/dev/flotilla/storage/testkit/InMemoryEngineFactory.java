package dev.flotilla.storage.testkit;

import dev.flotilla.storage.EngineContext;
import dev.flotilla.storage.LogId;
import dev.flotilla.storage.StorageEngine;
import dev.flotilla.storage.StorageEngineFactory;
import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Opens engines that keep logs in memory. The factory stands for the disks: what was written to a
 * directory is found again by the next engine that it opens there. Nothing is written to the
 * directory itself. Safe for threads.
 */
public final class InMemoryEngineFactory implements StorageEngineFactory {

  private final Completion completion;
  private final Map<Path, Map<LogId, LogContent>> disks = new ConcurrentHashMap<>();

  /** Where the futures of writes complete. */
  public enum Completion {
    /** Before the write returns, on its thread: every test is deterministic. */
    IN_CALLER,
    /** On a thread of the engine, as a real one does. */
    ON_ENGINE_THREAD
  }

  /** With empty disks. */
  public InMemoryEngineFactory(Completion completion) {
    this.completion = completion;
  }

  @Override
  public String name() {
    return "memory";
  }

  @Override
  public StorageEngine open(EngineContext context) {
    if (!context.settings().isEmpty()) {
      throw new IllegalArgumentException("unknown settings " + context.settings().keySet());
    }
    Path directory = context.directory().toAbsolutePath().normalize();
    return new InMemoryEngine(
        disks.computeIfAbsent(directory, absent -> new ConcurrentHashMap<>()),
        context.listener(),
        completion);
  }
}
