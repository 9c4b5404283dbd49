package dev.flotilla.storage;

import java.nio.file.Path;
import java.util.Map;

/**
 * What an engine is opened with.
 *
 * @param directory the engine's own directory; nobody else writes below it
 * @param flushMode when a write counts as durable
 * @param segmentBytes where engines that keep files begin a new one, in bytes of stored entries; a
 *     hint
 * @param maxEntryBytes the largest header plus payload that will ever be written, in bytes
 * @param settings the engine's own settings, without the {@code storage.<name>.} prefix; an unknown
 *     key is refused with {@link IllegalArgumentException}
 * @param listener told of flushes, for metrics
 */
public record EngineContext(
    Path directory,
    FlushMode flushMode,
    long segmentBytes,
    int maxEntryBytes,
    Map<String, String> settings,
    FlushListener listener) {

  public EngineContext {
    if (segmentBytes <= 0 || maxEntryBytes <= 0) {
      throw new IllegalArgumentException(
          "segmentBytes "
              + segmentBytes
              + " and maxEntryBytes "
              + maxEntryBytes
              + " must be positive");
    }
    settings = Map.copyOf(settings);
  }
}
