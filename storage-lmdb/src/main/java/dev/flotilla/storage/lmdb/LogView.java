package dev.flotilla.storage.lmdb;

import dev.flotilla.storage.LogBase;
import dev.flotilla.storage.TermStart;
import java.util.List;

/**
 * What readers see of a log: an immutable image, replaced as a whole after each commit.
 *
 * @param endIndex the index after the last entry that is durable and not truncated
 * @param endOffset the end offset of that entry
 * @param termStarts of the entries behind the base and below the end
 * @param diskBytes what the log takes of the environment
 */
record LogView(
    LogBase base, long endIndex, long endOffset, List<TermStart> termStarts, long diskBytes) {

  LogView {
    termStarts = List.copyOf(termStarts);
  }

  long startIndex() {
    return base.index() + 1;
  }

  boolean holds(long index) {
    return index > base.index() && index < endIndex;
  }

  /** The term of the last entry, of the base if there is none. */
  long endTerm() {
    return termStarts.isEmpty() ? base.term() : termStarts.getLast().term();
  }

  /** The view without the entries from an index on. */
  LogView cutTo(long index, long offset) {
    List<TermStart> kept = termStarts.stream().filter(start -> start.index() < index).toList();
    return new LogView(base, index, offset, kept, diskBytes);
  }
}
