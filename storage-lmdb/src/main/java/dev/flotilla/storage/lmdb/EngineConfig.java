package dev.flotilla.storage.lmdb;

import dev.flotilla.storage.EngineContext;
import dev.flotilla.storage.FlushListener;
import dev.flotilla.storage.FlushMode;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;

/**
 * An engine's context, checked and bounded.
 *
 * @param maxEntryBytes the largest header plus payload
 * @param mapBytes address space that is reserved for the environment: as large as it can become
 * @param transactionBytes where a transaction takes no more entries
 * @param checkedBytes an environment of at most so many bytes is checked whenever it is opened
 * @param readers how many threads may read at the same time; others wait
 */
record EngineConfig(
    FlushMode flushMode,
    int maxEntryBytes,
    long mapBytes,
    int transactionBytes,
    long checkedBytes,
    int readers,
    FlushListener listener) {

  static final int LARGEST_ENTRY_BYTES = 512 << 20;

  static final String MAP_BYTES = "map.bytes";

  private static final String TRANSACTION_BYTES = "transaction.max.bytes";
  private static final String CHECKED_BYTES = "check.max.bytes";
  private static final String READERS = "readers";
  private static final Set<String> KEYS =
      new TreeSet<>(Set.of(MAP_BYTES, TRANSACTION_BYTES, CHECKED_BYTES, READERS));

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
            "storage.lmdb." + key + " is no setting; there are " + String.join(", ", KEYS));
      }
    }
    if (context.maxEntryBytes() > LARGEST_ENTRY_BYTES) {
      throw new IllegalArgumentException(
          "entries of %d bytes; the lmdb engine takes at most %d"
              .formatted(context.maxEntryBytes(), LARGEST_ENTRY_BYTES));
    }
    return new EngineConfig(
        context.flushMode(),
        context.maxEntryBytes(),
        setting(settings, MAP_BYTES, 4L << 40, 1 << 20, 64L << 40),
        (int) setting(settings, TRANSACTION_BYTES, 4 << 20, 64 << 10, 64 << 20),
        setting(settings, CHECKED_BYTES, 64 << 20, 0, 64L << 40),
        (int) setting(settings, READERS, 256, 1, 4096),
        context.listener());
  }

  private static long setting(
      Map<String, String> settings, String key, long unset, long least, long most) {
    String text = settings.get(key);
    if (text == null) {
      return unset;
    }
    try {
      long value = Long.parseLong(text.strip());
      if (value >= least && value <= most) {
        return value;
      }
    } catch (NumberFormatException notANumber) {
      throw new IllegalArgumentException(
          "storage.lmdb.%s=%s is not a whole number".formatted(key, text), notANumber);
    }
    throw new IllegalArgumentException(
        "storage.lmdb.%s=%s is not between %d and %d".formatted(key, text, least, most));
  }
}
