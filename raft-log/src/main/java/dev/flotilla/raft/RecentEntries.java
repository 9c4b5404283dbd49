package dev.flotilla.raft;

import dev.flotilla.storage.Entry;
import dev.flotilla.storage.EntryHeader;
import java.util.HashMap;
import java.util.Map;
import org.apache.ratis.proto.RaftProtos.LogEntryProto;
import org.jspecify.annotations.Nullable;

/**
 * The newest entries of a log, in memory: all that are not durable yet, and of the others what
 * followers and the applying thread are about to ask for, within a bound of bytes.
 *
 * <p>Guarded by its log's lock.
 */
final class RecentEntries {

  /** An entry in the form it is stored in, and in the one it is sent in. */
  record Recent(Entry stored, LogEntryProto sent) {

    EntryHeader header() {
      return stored.header();
    }

    int bytes() {
      return stored.payload().remaining() + stored.header().encodedBytes();
    }
  }

  private final Map<Long, Recent> entries = new HashMap<>();
  private final long maxBytes;

  /** The entries are those in {@code [firstIndex, endIndex)}. */
  private long firstIndex;

  private long endIndex;
  private long bytes;

  RecentEntries(long maxBytes) {
    this.maxBytes = maxBytes;
  }

  /** Adds the entry behind the last one. */
  void add(Recent entry) {
    long index = entry.header().index();
    if (entries.isEmpty()) {
      firstIndex = index;
    } else if (index != endIndex) {
      throw new IllegalArgumentException("entry " + index + " is not " + endIndex);
    }
    entries.put(index, entry);
    endIndex = index + 1;
    bytes += entry.bytes();
  }

  @Nullable Recent get(long index) {
    return entries.get(index);
  }

  void truncate(long fromIndex) {
    while (!entries.isEmpty() && endIndex > fromIndex) {
      endIndex--;
      forget(endIndex);
    }
  }

  void clear() {
    entries.clear();
    bytes = 0;
  }

  /**
   * Forgets entries that the store can serve.
   *
   * @param durable the last one that is durable
   * @param wanted the last one that nobody is about to ask for
   */
  void evict(long durable, long wanted) {
    while (!entries.isEmpty()
        && firstIndex <= durable
        && (firstIndex <= wanted || bytes > maxBytes)) {
      forget(firstIndex);
      firstIndex++;
    }
  }

  private void forget(long index) {
    Recent entry = entries.remove(index);
    if (entry == null) {
      throw new IllegalStateException("entry " + index + " is missing");
    }
    bytes -= entry.bytes();
  }

  long bytes() {
    return bytes;
  }
}
