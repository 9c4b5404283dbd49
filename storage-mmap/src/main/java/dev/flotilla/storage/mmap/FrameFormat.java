package dev.flotilla.storage.mmap;

import dev.flotilla.storage.EntryHeader;
import dev.flotilla.storage.EntryKind;
import dev.flotilla.storage.LogId;
import java.nio.ByteBuffer;
import java.util.zip.CRC32C;
import org.jspecify.annotations.Nullable;

/**
 * The form of entries in a segment file, version 1. A segment is a chain of frames from position 0;
 * behind the last one are zeros up to the end of the preallocated file.
 *
 * <pre>
 *  0  head checksum         4  CRC-32C of the segment's seed, then of bytes 4 to 96 + h
 *  4  version               1
 *  5  kind                  1  {@link EntryKind#id()}, 0 in a mark
 *  6  zero                  2
 *  8  header bytes h        4
 * 12  payload bytes p       4
 * 16  payload checksum      4  CRC-32C of the payload
 * 20  predecessor checksum  4  head checksum of the frame before, the seed's checksum in the first
 * 24  entries               4  1; in a range of emptied entries their number; 0 in a mark
 * 28  zero                  4
 * 32  predecessor term      8
 * 40  index                 8
 * 48  term                  8
 * 56  base offset           8
 * 64  end offset            8
 * 72  largest timestamp     8
 * 80  durable mark          8  an earlier, finished sync covers every entry up to this index
 * 88  zero                  8
 * 96  entry header          h  as {@link EntryHeader#writeTo} has it
 * ..  payload               p
 * ..  zeros to a multiple of 8
 * </pre>
 *
 * <p>The seed is log id (16 bytes), segment number (8) and the segment's first index (8). A frame
 * of another log, of another file, or one whose predecessor is not the very frame before it, never
 * continues a chain: nothing that an earlier use of the blocks or a cut has left behind is taken
 * for an entry.
 *
 * <p>A <em>mark</em> is a frame without entry, header and payload. It stands behind the last entry
 * of a log at rest, only to carry a newer durable mark; the next entry overwrites it.
 *
 * <p>Used by any thread; immutable.
 */
final class FrameFormat {

  static final int HEAD_BYTES = 96;

  /** In place of a kind. */
  static final byte MARK = 0;

  private static final byte VERSION = 1;
  private static final int ALIGNMENT = 8;
  private static final int CHECKSUM = 0;
  private static final int VERSION_AT = 4;
  private static final int KIND = 5;
  private static final int HEADER_BYTES = 8;
  private static final int PAYLOAD_BYTES = 12;
  private static final int PAYLOAD_CHECKSUM = 16;
  private static final int PREDECESSOR_CHECKSUM = 20;
  private static final int ENTRIES = 24;
  private static final int PREDECESSOR_TERM = 32;
  private static final int INDEX = 40;
  private static final int TERM = 48;
  private static final int BASE_OFFSET = 56;
  private static final int END_OFFSET = 64;
  private static final int LARGEST_TIMESTAMP = 72;
  private static final int DURABLE_MARK = 80;

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
    return new ChainPoint(
        0,
        start.index(),
        (int) seeded().getValue(),
        start.term(),
        start.offset(),
        start.largestTimestampMs());
  }

  /** Bytes from the beginning of a frame to that of the next one. */
  static int frameBytes(int headerBytes, int payloadBytes) {
    return Math.toIntExact(
        ((long) HEAD_BYTES + headerBytes + payloadBytes + ALIGNMENT - 1) & -ALIGNMENT);
  }

  static int checksum(ByteBuffer bytes) {
    CRC32C crc = new CRC32C();
    crc.update(bytes.duplicate());
    return (int) crc.getValue();
  }

  /**
   * Writes the head of an entry's frame, entry header included, at the target's position and leaves
   * the position behind it.
   *
   * @param entries how many entries the frame stands for
   * @param payload the bytes that will follow
   * @return the head as it will be read
   */
  Frame writeHead(
      ByteBuffer target,
      ChainPoint point,
      EntryHeader header,
      int entries,
      ByteBuffer payload,
      long durableMark) {
    Frame frame =
        new Frame(
            point.position(),
            header.kind().id(),
            header.encodedBytes(),
            payload.remaining(),
            0,
            checksum(payload),
            point.checksum(),
            entries,
            point.term(),
            header.index(),
            header.term(),
            header.baseOffset(),
            header.endOffset(),
            header.largestTimestampMs(),
            durableMark);
    return write(target, frame, header);
  }

  /** Writes a mark at the target's position and leaves the position behind it. */
  void writeMark(ByteBuffer target, ChainPoint point, long durableMark) {
    Frame frame =
        new Frame(
            point.position(),
            MARK,
            0,
            0,
            0,
            0,
            point.checksum(),
            0,
            point.term(),
            point.index(),
            point.term(),
            point.offset(),
            point.offset(),
            point.largestTimestampMs(),
            durableMark);
    write(target, frame, null);
  }

  private Frame write(ByteBuffer target, Frame frame, @Nullable EntryHeader header) {
    int at = target.position();
    target.putInt(0).put(VERSION).put(frame.kind()).putShort((short) 0);
    target.putInt(frame.headerBytes()).putInt(frame.payloadBytes());
    target.putInt(frame.payloadChecksum()).putInt(frame.predecessorChecksum());
    target.putInt(frame.entries()).putInt(0);
    target.putLong(frame.predecessorTerm()).putLong(frame.index()).putLong(frame.term());
    target.putLong(frame.baseOffset()).putLong(frame.endOffset());
    target.putLong(frame.largestTimestampMs()).putLong(frame.durableMark()).putLong(0);
    if (header != null) {
      header.writeTo(target);
    }
    int checksum = headChecksum(target, at, frame.headerBytes());
    target.putInt(at + CHECKSUM, checksum);
    return read(target, at, frame.position(), checksum);
  }

  /**
   * How many bytes must be at hand to judge the head that begins in a buffer; 0 if none begins
   * there.
   *
   * @param at where it begins in the buffer; {@link #HEAD_BYTES} follow
   * @param limit bytes from there to the end of the file
   */
  static int headLength(ByteBuffer source, int at, int limit) {
    int headerBytes = source.getInt(at + HEADER_BYTES);
    int payloadBytes = source.getInt(at + PAYLOAD_BYTES);
    boolean sane =
        source.get(at + VERSION_AT) == VERSION
            && headerBytes >= 0
            && payloadBytes >= 0
            && (long) HEAD_BYTES + headerBytes + payloadBytes <= limit;
    return sane ? HEAD_BYTES + headerBytes : 0;
  }

  /**
   * The frame that begins in a buffer, null if there is none with a good checksum. Absolute access
   * only.
   *
   * @param at where it begins in the buffer; {@link #headLength} bytes follow
   * @param position where it begins in the file
   * @param limit bytes from there to the end of the file
   */
  @Nullable Frame read(ByteBuffer source, int at, int position, int limit, int available) {
    int length = headLength(source, at, limit);
    if (length == 0 || length > available) {
      return null;
    }
    int checksum = headChecksum(source, at, length - HEAD_BYTES);
    return checksum == source.getInt(at + CHECKSUM) ? read(source, at, position, checksum) : null;
  }

  private static Frame read(ByteBuffer source, int at, int position, int checksum) {
    return new Frame(
        position,
        source.get(at + KIND),
        source.getInt(at + HEADER_BYTES),
        source.getInt(at + PAYLOAD_BYTES),
        checksum,
        source.getInt(at + PAYLOAD_CHECKSUM),
        source.getInt(at + PREDECESSOR_CHECKSUM),
        source.getInt(at + ENTRIES),
        source.getLong(at + PREDECESSOR_TERM),
        source.getLong(at + INDEX),
        source.getLong(at + TERM),
        source.getLong(at + BASE_OFFSET),
        source.getLong(at + END_OFFSET),
        source.getLong(at + LARGEST_TIMESTAMP),
        source.getLong(at + DURABLE_MARK));
  }

  private int headChecksum(ByteBuffer source, int at, int headerBytes) {
    CRC32C crc = seeded();
    ByteBuffer bytes = source.duplicate();
    bytes.limit(at + HEAD_BYTES + headerBytes).position(at + VERSION_AT);
    crc.update(bytes);
    return (int) crc.getValue();
  }

  private CRC32C seeded() {
    CRC32C crc = new CRC32C();
    crc.update(seed);
    return crc;
  }
}
