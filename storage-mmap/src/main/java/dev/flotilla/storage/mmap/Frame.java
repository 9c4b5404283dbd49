package dev.flotilla.storage.mmap;

/**
 * The fixed part of a frame whose head checksum was found good, see {@link FrameFormat}.
 *
 * @param position where the frame begins in its file
 * @param kind the id of an entry kind, or {@link FrameFormat#MARK}
 * @param headerBytes length of the encoded entry header
 * @param payloadBytes length of the payload
 * @param checksum of the head
 * @param payloadChecksum of the payload
 * @param entries how many entries it stands for, more than one for a range of emptied ones
 */
record Frame(
    int position,
    byte kind,
    int headerBytes,
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
    long largestTimestampMs,
    long durableMark) {

  boolean isMark() {
    return kind == FrameFormat.MARK;
  }

  /** The index after its last entry. */
  long endIndex() {
    return index + entries;
  }

  int headerPosition() {
    return position + FrameFormat.HEAD_BYTES;
  }

  int payloadPosition() {
    return headerPosition() + headerBytes;
  }

  /** Where the next frame begins. */
  int endPosition() {
    return position + FrameFormat.frameBytes(headerBytes, payloadBytes);
  }
}
