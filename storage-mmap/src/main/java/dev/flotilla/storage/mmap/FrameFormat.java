package dev.flotilla.storage.mmap;

import dev.flotilla.storage.EntryKind;
import dev.flotilla.storage.LogId;
import java.nio.ByteBuffer;
import java.util.zip.CRC32C;

/**
 * The form of entries in a segment file, version 2. A segment is a chain of frames from position 0;
 * behind the last one are zeros up to the end of the preallocated file. A frame is a head and a
 * payload:
 *
 * <pre>
 *  0  head checksum         4  CRC-32C of the segment's seed, then of bytes 4 to the head's end
 *  4  predecessor checksum  4  head checksum of the frame before, the seed's checksum in the first
 *  8  payload checksum      4  CRC-32C of the payload
 * 12  version               1
 * 13  kind                  1  {@link EntryKind#id()}, 0 in a mark
 * 14  field bytes f         v
 * ..  payload bytes p       v
 * ..  fields                f  as below
 * ..  payload               p
 * ..  zeros to a multiple of 4
 * </pre>
 *
 * <p>Numbers of length v are {@link Varint}s. An entry of one batch has a head of some 45 bytes:
 * what follows from the frame before is written as the difference, and is 0 as a rule. "Before"
 * stands for the {@link ChainPoint} behind that frame, the segment's start in the first.
 *
 * <pre>
 * index                     v
 * durable mark              v  index - mark: a finished sync covers every entry up to the mark
 * predecessor term          v
 * term                      v  - predecessor term; a mark ends here
 * entries                   v  in a frame of emptied entries only: how many it stands for
 * base offset               v  - end offset before
 * offset span               v
 * append time               v  - largest timestamp before
 * max timestamp             v  - append time
 * largest timestamp         v  - largest timestamp before
 * digest                    8
 * batch count n             v
 * n times: length, delta    v, v  of its last offset
 * attributes                   the rest of the fields
 * </pre>
 *
 * <p>The seed is log id (16 bytes), segment number (8) and the segment's first index (8). A frame
 * of another log, of another file, or one whose predecessor is not the very frame before it, never
 * continues a chain: nothing that an earlier use of the blocks or a cut has left behind is taken
 * for an entry.
 *
 * <p>A <em>mark</em> is a frame without entry and payload. It stands behind the last entry of a log
 * at rest, only to carry a newer durable mark; the next entry overwrites it.
 *
 * <p>{@link FrameWriter} writes frames, {@link FrameReader} reads them. Used by any thread;
 * immutable.
 */
final class FrameFormat {

  /** Version 1 had fixed fields, and manifests of its own that are refused. */
  static final byte VERSION = 2;

  /** In place of a kind. */
  static final byte MARK = 0;

  /** There is no higher kind. */
  static final byte LAST_KIND = EntryKind.EMPTIED.id();

  /** Frames begin at multiples of this. */
  static final int ALIGNMENT = 4;

  static final int PREDECESSOR_CHECKSUM = 4;
  static final int PAYLOAD_CHECKSUM = 8;
  static final int VERSION_AT = 12;
  static final int KIND = 13;
  static final int LENGTHS = 14;

  /** What must be at hand to learn how long a head is. */
  static final int LEAST_BYTES = LENGTHS + 2 * Varint.MOST_INT_BYTES;

  /** No head without batches and attributes is longer, and no mark. */
  static final int MOST_FIXED_BYTES = 128;

  private final byte[] seed;
  private final SegmentStart start;

  FrameFormat(LogId log, SegmentStart start) {
    this.start = start;
    this.seed =
        ByteBuffer.allocate(32)
            .putLong(log.value().getMostSignificantBits())
            .putLong(log.value().getLeastSignificantBits())
            .putLong(start.number())
            .putLong(start.index())
            .array();
  }

  /** Where the segment's first frame begins. */
  ChainPoint origin() {
    CRC32C crc = new CRC32C();
    begin(crc);
    return new ChainPoint(
        0,
        start.index(),
        (int) crc.getValue(),
        start.term(),
        start.offset(),
        start.largestTimestampMs());
  }

  /** Begins the checksum of a head. */
  void begin(CRC32C crc) {
    crc.reset();
    crc.update(seed);
  }

  /** Bytes from the beginning of a frame to that of the next one. */
  static int frameBytes(int headBytes, int payloadBytes) {
    return Math.toIntExact(((long) headBytes + payloadBytes + ALIGNMENT - 1) & -ALIGNMENT);
  }

  static int checksum(ByteBuffer bytes) {
    CRC32C crc = new CRC32C();
    crc.update(bytes.duplicate());
    return (int) crc.getValue();
  }
}
