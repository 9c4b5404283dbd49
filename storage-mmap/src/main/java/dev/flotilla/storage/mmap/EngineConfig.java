package dev.flotilla.storage.mmap;

import dev.flotilla.storage.EngineContext;
import dev.flotilla.storage.FlushListener;
import dev.flotilla.storage.FlushMode;
import java.time.Duration;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;

/**
 * An engine's context, checked and bounded.
 *
 * @param segmentBytes where a new segment begins, at most {@link #LARGEST_SEGMENT_BYTES}
 * @param maxEntryBytes the largest header plus payload
 * @param flushers threads that write and sync
 * @param preallocation how segment files grow
 * @param mappedSegments how many segments of the engine are kept mapped
 * @param restAfter a log without writes for so long gets its durable mark
 */
record EngineConfig(
    FlushMode flushMode,
    long segmentBytes,
    int maxEntryBytes,
    int flushers,
    Preallocation preallocation,
    int mappedSegments,
    Duration restAfter,
    FlushListener listener) {

  /** With the largest entry behind it a segment stays below the 2 GB that one buffer can show. */
  static final long LARGEST_SEGMENT_BYTES = 1L << 30;

  static final int LARGEST_ENTRY_BYTES = 512 << 20;

  private static final String FLUSHERS = "flushers";
  private static final String MAX_STEP = "preallocate.max.bytes";
  private static final String MAPPED_SEGMENTS = "mapped.segments";
  private static final Set<String> KEYS =
      new TreeSet<>(Set.of(FLUSHERS, MAX_STEP, MAPPED_SEGMENTS));

  /**
   * Reads a context.
   *
   * @throws IllegalArgumentException if a setting is unknown or out of bounds
   */
  static EngineConfig of(EngineContext context) {
    Map<String, String> settings = context.settings();
    for (String key : settings.keySet()) {
      if (!KEYS.contains(key)) {
        throw new IllegalArgumentException(
            "storage.mmap." + key + " is no setting; there are " + String.join(", ", KEYS));
      }
    }
    if (context.maxEntryBytes() > LARGEST_ENTRY_BYTES) {
      throw new IllegalArgumentException(
          "entries of %d bytes; the mmap engine takes at most %d"
              .formatted(context.maxEntryBytes(), LARGEST_ENTRY_BYTES));
    }
    return new EngineConfig(
        context.flushMode(),
        Math.min(context.segmentBytes(), LARGEST_SEGMENT_BYTES),
        context.maxEntryBytes(),
        setting(settings, FLUSHERS, 16, 1, 64),
        new Preallocation(
            setting(settings, MAX_STEP, 4 << 20, Preallocation.FIRST_STEP_BYTES, 64 << 20),
            context.flushMode() == FlushMode.COMMIT),
        setting(settings, MAPPED_SEGMENTS, 4096, 1, 16384),
        Duration.ofMillis(50),
        context.listener());
  }

  private static int setting(
      Map<String, String> settings, String key, int unset, int least, int most) {
    String text = settings.get(key);
    if (text == null) {
      return unset;
    }
    try {
      int value = Integer.parseInt(text.strip());
      if (value >= least && value <= most) {
        return value;
      }
    } catch (NumberFormatException notANumber) {
      throw new IllegalArgumentException(
          "storage.mmap.%s=%s is not a whole number".formatted(key, text), notANumber);
    }
    throw new IllegalArgumentException(
        "storage.mmap.%s=%s is not between %d and %d".formatted(key, text, least, most));
  }
}
