package dev.flotilla.storage;

import java.util.List;

/**
 * What one write does to a log, as a whole or not at all: first cut, then append.
 *
 * <p>Example: the log holds entries 0 to 9. {@code new WriteSet(7, [7', 8'])} leaves 0 to 6, 7' and
 * 8'.
 *
 * @param truncateFrom the first index that is removed, {@link #KEEP} to remove none
 * @param entries entries to append, with consecutive indexes
 */
public record WriteSet(long truncateFrom, List<Entry> entries) {

  /** In place of {@code truncateFrom}: nothing is removed. */
  public static final long KEEP = Long.MAX_VALUE;

  public WriteSet {
    entries = List.copyOf(entries);
  }

  public static WriteSet append(List<Entry> entries) {
    return new WriteSet(KEEP, entries);
  }

  public static WriteSet truncate(long fromIndex) {
    return new WriteSet(fromIndex, List.of());
  }
}
