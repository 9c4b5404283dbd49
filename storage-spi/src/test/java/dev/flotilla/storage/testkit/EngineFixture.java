package dev.flotilla.storage.testkit;

import dev.flotilla.storage.EngineContext;
import dev.flotilla.storage.FlushListener;
import dev.flotilla.storage.FlushMode;
import dev.flotilla.storage.StorageEngine;
import dev.flotilla.storage.StorageEngineFactory;
import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/** An engine in a directory, opened with modest limits, and how long the kit waits for it. */
final class EngineFixture {

  /** Small, so that a few megabytes make several segments where an engine has them. */
  static final int SEGMENT_BYTES = 1 << 20;

  static final int MAX_ENTRY_BYTES = 2 << 20;

  /** Long enough for a slow disk, short enough to find a write that never completes. */
  static final int TIMEOUT_SECONDS = 60;

  private EngineFixture() {}

  static EngineContext context(Path directory) {
    return context(directory, FlushMode.COMMIT, FlushListener.NONE);
  }

  static EngineContext context(Path directory, FlushMode mode, FlushListener listener) {
    return new EngineContext(directory, mode, SEGMENT_BYTES, MAX_ENTRY_BYTES, Map.of(), listener);
  }

  static StorageEngine open(StorageEngineFactory factory, Path directory) {
    return factory.open(context(directory));
  }

  /** Waits for a write; a failure of it is thrown as it is. */
  static void await(CompletableFuture<Void> write) {
    try {
      write.get(TIMEOUT_SECONDS, TimeUnit.SECONDS);
    } catch (ExecutionException e) {
      if (e.getCause() instanceof RuntimeException failure) {
        throw failure;
      }
      throw new AssertionError("a write failed", e.getCause());
    } catch (TimeoutException e) {
      throw new AssertionError("no answer in " + TIMEOUT_SECONDS + " s", e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new AssertionError("interrupted", e);
    }
  }
}
