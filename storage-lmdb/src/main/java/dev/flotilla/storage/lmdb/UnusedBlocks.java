package dev.flotilla.storage.lmdb;

import dev.flotilla.storage.CorruptLogException;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * Blocks of a log's {@link PayloadStream} in which no entry has its payload any more, since all
 * that had were rewritten. A block that others of its entries leave by a truncation stays until the
 * prefix goes that it is in. Used in one transaction.
 */
final class UnusedBlocks {

  /** How many entries are looked at beside one: of those without payload there may be many. */
  private static final int MAX_NEIGHBOURS = 4096;

  private final EntryReader entries;
  private final long startIndex;
  private final long endIndex;

  /** Blocks that an entry has left, and the entry's index. */
  private final SortedMap<Long, Long> left = new TreeMap<>();

  /** Of a log that holds the entries of a range. */
  UnusedBlocks(EntryReader entries, long startIndex, long endIndex) {
    this.entries = entries;
    this.startIndex = startIndex;
    this.endIndex = endIndex;
  }

  /** Takes note of an entry that was rewritten, as it was before. */
  void rewritten(StoredEntry before) {
    if (!before.isRewritten()) {
      long end = StreamExtent.blockFrom(before.position() + before.payloadBytes());
      for (long block = StreamExtent.blockOf(before.position()); block < end; block++) {
        left.put(block, before.header().index());
      }
    }
  }

  /** Removes what it knows of, when all rows of the entries are written. */
  void removeFrom(PayloadStream stream) {
    left.forEach((block, index) -> {
      if (isUnused(block, index)) {
        stream.removeUnused(block);
      }
    });
  }

  private boolean isUnused(long block, long index) {
    try {
      return isUnusedBefore(block, index) && isUnusedBehind(block, index);
    } catch (CorruptLogException neighbour) {
      return false;
    }
  }

  private boolean isUnusedBefore(long block, long index) {
    long begin = block * Keys.PART_BYTES;
    long last = Math.max(startIndex, index - MAX_NEIGHBOURS);
    for (long before = index - 1; before >= last; before--) {
      StoredEntry entry = entries.entry(before);
      if (hasPayload(entry) && entry.position() + entry.payloadBytes() > begin) {
        return false;
      }
      if (entry.streamPosition() <= begin) {
        return true;
      }
    }
    return last == startIndex;
  }

  private boolean isUnusedBehind(long block, long index) {
    long end = (block + 1) * Keys.PART_BYTES;
    long last = Math.min(endIndex, index + MAX_NEIGHBOURS);
    for (long behind = index + 1; behind < last; behind++) {
      StoredEntry entry = entries.entry(behind);
      if (entry.streamPosition() >= end) {
        return true;
      }
      if (hasPayload(entry)) {
        return false;
      }
    }
    return last == endIndex;
  }

  /** Whether it has any in the stream. */
  private static boolean hasPayload(StoredEntry entry) {
    return !entry.isRewritten() && entry.payloadBytes() > 0;
  }
}
