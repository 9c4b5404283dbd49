package dev.flotilla.storage.mmap;

/**
 * What the head of a frame says, once its checksum was found good, see {@link FrameFormat}.
 *
 * @param position where the frame begins in its file
 * @param kind the id of an entry kind, or {@link FrameFormat#MARK}
 * @param detailPosition where the head goes on with digest, batches and attributes
 * @param checksum of the head
 * @param entries how many entries it stands for, more than one for a range of emptied ones
 */
record Frame(
    int position,
    byte kind,
    int detailPosition,
    int payloadPosition,
    int payloadBytes,
    int checksum,
    int payloadChecksum,
    int predecessorChecksum,
    int entries,
    long predecessorTerm,
    long index,
    long term,
    long baseOffset,
    long endOffset,
    long appendTimeMs,
    long maxTimestampMs,
    long largestTimestampMs,
    long durableMark) {

  boolean isMark() {
    return kind == FrameFormat.MARK;
  }

  /** The index after its last entry. */
  long endIndex() {
    return index + entries;
  }

  /** Where the next frame begins. */
  int endPosition() {
    return position + FrameFormat.frameBytes(payloadPosition - position, payloadBytes);
  }
}
