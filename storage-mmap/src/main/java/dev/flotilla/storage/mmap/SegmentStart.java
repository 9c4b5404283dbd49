package dev.flotilla.storage.mmap;

/**
 * Where a segment begins in its log. Segments follow one another without a gap: the first index of
 * one is the end index of the one before it, whatever else the older file still holds behind that.
 *
 * @param number of the segment's file; never used twice in a log
 * @param index of its first entry
 * @param term of the entry before that
 * @param offset the end offset of the entry before it
 * @param largestTimestampMs the largest timestamp of the log before it
 */
record SegmentStart(long number, long index, long term, long offset, long largestTimestampMs) {

  /** The file of its frames. */
  String fileName() {
    return "%020d-%d.segment".formatted(index, number);
  }

  /** The file of its lookup rows. */
  String lookupName() {
    return "%020d-%d.lookup".formatted(index, number);
  }
}
