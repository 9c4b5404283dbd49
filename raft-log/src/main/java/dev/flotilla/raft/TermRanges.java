package dev.flotilla.raft;

import dev.flotilla.storage.LogBase;
import dev.flotilla.storage.TermStart;
import java.util.Arrays;
import java.util.List;

/**
 * The terms of a log's entries, as the index where each begins: what Raft asks for with every
 * message, answered without a disk. Immutable.
 *
 * <p>The first range begins at the log's base, so that the term of the entry before the first one
 * is known too.
 */
final class TermRanges {

  private final long[] starts;
  private final long[] terms;

  private TermRanges(long[] starts, long[] terms) {
    this.starts = starts;
    this.terms = terms;
  }

  /** The ranges of a log. */
  static TermRanges of(LogBase base, List<TermStart> termStarts) {
    TermRanges ranges = behind(base);
    for (TermStart start : termStarts) {
      ranges = ranges.with(start.index(), start.term());
    }
    return ranges;
  }

  /** Those of an empty log behind a base. */
  static TermRanges behind(LogBase base) {
    return new TermRanges(new long[] {base.index()}, new long[] {base.term()});
  }

  /** The term of an entry, or of the base; the index is at or above the base. */
  long termOf(long index) {
    int at = Arrays.binarySearch(starts, index);
    int range = at >= 0 ? at : -at - 2;
    if (range < 0) {
      throw new IndexOutOfBoundsException("index " + index + " lies below " + starts[0]);
    }
    return terms[range];
  }

  /** With an entry appended. */
  TermRanges with(long index, long term) {
    int last = terms.length - 1;
    if (terms[last] == term) {
      return this;
    }
    if (term < terms[last]) {
      throw new IllegalArgumentException("term " + term + " after " + terms[last]);
    }
    long[] newStarts = Arrays.copyOf(starts, last + 2);
    long[] newTerms = Arrays.copyOf(terms, last + 2);
    newStarts[last + 1] = index;
    newTerms[last + 1] = term;
    return new TermRanges(newStarts, newTerms);
  }

  /** Without the entries at an index above the base, and those behind it. */
  TermRanges truncated(long fromIndex) {
    int kept = starts.length;
    while (kept > 1 && starts[kept - 1] >= fromIndex) {
      kept--;
    }
    return kept == starts.length
        ? this
        : new TermRanges(Arrays.copyOf(starts, kept), Arrays.copyOf(terms, kept));
  }

  /** Without what lies below a new base, an index of the log. */
  TermRanges droppedTo(long baseIndex) {
    int first = 0;
    while (first + 1 < starts.length && starts[first + 1] <= baseIndex) {
      first++;
    }
    long[] newStarts = Arrays.copyOfRange(starts, first, starts.length);
    newStarts[0] = baseIndex;
    return new TermRanges(newStarts, Arrays.copyOfRange(terms, first, terms.length));
  }
}
