package dev.flotilla.storage.mmap;

import dev.flotilla.storage.EntryHeader;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Emptied entries of one term that follow one another and become one frame, as {@code
 * EntryKind.EMPTIED} allows. Attributes are not merged: a run of several has none.
 */
final class EmptiedRun {

  private @Nullable EntryHeader first;
  private long endOffset;
  private long digest;
  private long largestTimestampMs;
  private int entries;

  boolean isEmpty() {
    return first == null;
  }

  /** Whether an emptied entry, the next of the log, can be in the run. */
  boolean takes(EntryHeader header) {
    return first == null
        || (header.term() == first.term()
            && !header.attributes().hasRemaining()
            && !first.attributes().hasRemaining()
            && header.endOffset() - first.baseOffset() <= Integer.MAX_VALUE);
  }

  /** Adds an entry, or a range of so many that begins with it. */
  void add(EntryHeader header, int count) {
    if (first == null) {
      first = header;
    }
    endOffset = header.endOffset();
    digest = header.digest();
    largestTimestampMs = header.largestTimestampMs();
    entries += count;
  }

  int entries() {
    return entries;
  }

  /**
   * The header of the run's first entry, which carries the span of all. The largest timestamp is
   * the last one's: a time that was reached within the run is found here.
   */
  EntryHeader header() {
    EntryHeader header = Objects.requireNonNull(first);
    return new EntryHeader(
        header.index(),
        header.term(),
        header.kind(),
        header.baseOffset(),
        (int) (endOffset - header.baseOffset()),
        header.appendTimeMs(),
        header.maxTimestampMs(),
        largestTimestampMs,
        digest,
        header.batches(),
        header.attributes());
  }

  void clear() {
    first = null;
    entries = 0;
  }
}
