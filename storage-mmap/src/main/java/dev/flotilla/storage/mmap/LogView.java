package dev.flotilla.storage.mmap;

import dev.flotilla.storage.LogBase;
import dev.flotilla.storage.TermStart;
import java.util.List;
import java.util.function.Predicate;

/**
 * What readers see of a log: an immutable image, replaced as a whole after each flush.
 *
 * @param segments by rising index; at least one
 * @param endIndex the index after the last entry that is durable and not truncated
 * @param endOffset the end offset of that entry
 * @param termStarts of the entries behind the base and below the end
 * @param diskBytes what the log takes on the disk
 */
record LogView(
    LogBase base,
    List<Segment> segments,
    long endIndex,
    long endOffset,
    List<TermStart> termStarts,
    long diskBytes) {

  LogView {
    segments = List.copyOf(segments);
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
    return new LogView(base, segments, index, offset, kept, diskBytes);
  }

  /** The place in the list of the segment that holds an index below the end. */
  int segmentOfIndex(long index) {
    return lastSegment(start -> start.index() <= index);
  }

  /** The place of the last segment before which no entry reaches beyond an offset. */
  int segmentOfOffset(long offset) {
    return lastSegment(start -> start.offset() <= offset);
  }

  /** The place of the last segment before which every timestamp is earlier than a time. */
  int segmentOfTime(long timestampMs) {
    return lastSegment(start -> start.largestTimestampMs() < timestampMs);
  }

  /** The last segment with a property that a segment has only if those before it have it. */
  private int lastSegment(Predicate<SegmentStart> property) {
    int low = 0;
    int high = segments.size();
    while (high - low > 1) {
      int middle = (low + high) >>> 1;
      if (property.test(segments.get(middle).start())) {
        low = middle;
      } else {
        high = middle;
      }
    }
    return low;
  }

  /** Where the entries of a segment end. */
  long endOfSegment(int place) {
    long next =
        place + 1 < segments.size() ? segments.get(place + 1).start().index() : Long.MAX_VALUE;
    return Math.min(next, endIndex);
  }
}
