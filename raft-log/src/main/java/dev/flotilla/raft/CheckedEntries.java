package dev.flotilla.raft;

import dev.flotilla.storage.CorruptLogException;
import dev.flotilla.storage.EntryHeader;
import dev.flotilla.storage.LogStore;
import dev.flotilla.storage.Slice;
import java.util.ArrayList;
import java.util.List;

/**
 * Entries of a log that were read with their payloads and found to be what was written: each has
 * its checksums, and continues the one before it.
 *
 * @param nextIndex where to go on; {@code endIndex} when nothing is left
 * @param endIndex the index after the last entry
 * @param entries how many were read
 * @param bytes of their payloads
 */
public record CheckedEntries(long nextIndex, long endIndex, long entries, long bytes) {

  private static final int CHUNK = 256;

  /** Whether the end of the log was reached. */
  public boolean isAll() {
    return nextIndex >= endIndex;
  }

  /**
   * Reads entries from an index on, or from the first if that is behind it, until payloads of so
   * many bytes were read, one entry at least.
   *
   * @throws CorruptLogException if one is not what was written
   */
  static CheckedEntries read(LogStore store, long fromIndex, long maxBytes) {
    long end = store.endIndex();
    long next = Math.max(fromIndex, store.base().index() + 1);
    long entries = 0;
    long bytes = 0;
    while (next < end && bytes < maxBytes) {
      List<EntryHeader> headers = new ArrayList<>();
      store.headers(next, Math.min(end, next + CHUNK), headers::add);
      for (EntryHeader header : headers) {
        if (header.index() != next) {
          throw new CorruptLogException(
              "log %s: entry %d has the header of entry %d"
                  .formatted(store.id(), next, header.index()),
              next);
        }
        try (Slice payload = store.payload(next)) {
          bytes += payload.bytes();
        }
        entries++;
        next++;
        if (bytes >= maxBytes) {
          break;
        }
      }
    }
    return new CheckedEntries(next, end, entries, bytes);
  }
}
