package dev.flotilla.raft;

import dev.flotilla.storage.LogBase;

/**
 * Where a replicated log begins, the same on all its replicas; what they hold below it is about to
 * be dropped.
 *
 * @param index its first entry
 * @param termBefore the term of the entry before that
 * @param offset the first offset that is served, in the first entry or behind it
 */
record LogStart(long index, long termBefore, long offset) {

  static final LogStart ORIGIN = new LogStart(0, 0, 0);

  static LogStart behind(LogBase base) {
    return new LogStart(base.index() + 1, base.term(), base.offset());
  }
}
