package dev.flotilla.raft;

import dev.flotilla.storage.EntryHeader;
import dev.flotilla.storage.LogBase;
import dev.flotilla.storage.LogStore;

/**
 * Where a log ends, whether durable or not: what the next entry continues.
 *
 * @param lastIndex the last entry, or the base's index when there is none
 * @param lastTerm its term
 * @param endOffset the offset after its last record
 * @param largestTimestampMs the largest record timestamp up to it
 * @param digest the running digest up to it
 */
record LogTail(
    long lastIndex, long lastTerm, long endOffset, long largestTimestampMs, long digest) {

  static LogTail of(LogStore store) {
    return store.lastHeader().map(LogTail::after).orElseGet(() -> behind(store.base()));
  }

  static LogTail behind(LogBase base) {
    return new LogTail(
        base.index(), base.term(), base.offset(), EntryHeader.NO_TIMESTAMP, base.digest());
  }

  static LogTail after(EntryHeader header) {
    return new LogTail(
        header.index(),
        header.term(),
        header.endOffset(),
        header.largestTimestampMs(),
        header.digest());
  }

  long nextIndex() {
    return lastIndex + 1;
  }
}
