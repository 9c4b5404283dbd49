package dev.flotilla.storage.mmap;

/**
 * A place between two frames of a segment: what the frame that begins there must continue.
 *
 * @param position where the frame begins in its file
 * @param index the index of its first entry
 * @param checksum the head checksum of the frame before it, the segment's origin for the first
 * @param term the term of the entry before it
 * @param offset the end offset of the entry before it
 * @param largestTimestampMs the largest timestamp of the log before it
 */
record ChainPoint(
    int position, long index, int checksum, long term, long offset, long largestTimestampMs) {

  /** The point behind a frame. */
  static ChainPoint after(Frame frame) {
    return new ChainPoint(
        frame.endPosition(),
        frame.endIndex(),
        frame.checksum(),
        frame.term(),
        frame.endOffset(),
        frame.largestTimestampMs());
  }

  /** Whether a frame is the one that was written behind this point's predecessor. */
  boolean isContinuedBy(Frame frame) {
    return frame.index() == index
        && frame.predecessorChecksum() == checksum
        && frame.predecessorTerm() == term;
  }
}
