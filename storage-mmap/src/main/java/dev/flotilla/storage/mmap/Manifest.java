package dev.flotilla.storage.mmap;

import dev.flotilla.storage.LogBase;
import dev.flotilla.storage.LogId;
import dev.flotilla.storage.TermStart;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * The table of contents of a log: its base and which files, in which order, are the log. A file
 * that the newest manifest does not name is garbage. Every change of the list (roll, truncation,
 * drop, reset, compaction) is one new manifest, so that a crash leaves the old list or the new one.
 *
 * <p>Encoded form, version 2, whose segment files have frames of version 2; a log of version 1 is
 * refused.
 *
 * <pre>
 *  0  magic            8  "FLOTLOG2"
 *  8  checksum         4  CRC-32C of bytes 12 to the end
 * 12  length           4  of all
 * 16  log id          16
 * 32  sequence         8
 * 40  base            32  index, term, offset, digest
 * 72  durable mark     8  index of the last entry that was durable when this was written
 * 80  next number      8  of a segment file
 * 88  segments s       4
 * 92  term starts t    4
 * 96  s times         56  number, index, term, offset, largest timestamp, end position 4,
 *                         file bytes 4, rows 4, zero 4
 * ..  t times         24  term, index, offset
 * </pre>
 *
 * @param sequence rises by one with each manifest of a log
 * @param durableMark an earlier, finished sync covers every entry up to this index
 * @param nextNumber no segment file has this number or a higher one
 * @param segments by rising index; the last one is being written to
 * @param termStarts of the entries in all segments but the last
 */
record Manifest(
    LogId log,
    long sequence,
    LogBase base,
    long durableMark,
    long nextNumber,
    List<SegmentRecord> segments,
    List<TermStart> termStarts) {

  private static final long MAGIC = 0x464C4F544C4F4732L;
  private static final long MAGIC_OF_VERSION_1 = 0x464C4F544C4F4731L;
  private static final int CHECKSUM = 8;
  private static final int CHECKED_FROM = 12;
  private static final int FIXED_BYTES = 96;
  private static final int SEGMENT_BYTES = 56;
  private static final int TERM_START_BYTES = 24;

  /**
   * A segment file.
   *
   * @param endPosition where its last frame ends; 0 while it is being written to
   * @param fileBytes its size, larger than {@code endPosition} when its end was cut off
   * @param rows how many lookup rows it has
   */
  record SegmentRecord(SegmentStart start, int endPosition, int fileBytes, int rows) {

    static SegmentRecord active(SegmentStart start) {
      return new SegmentRecord(start, 0, 0, 0);
    }
  }

  Manifest {
    segments = List.copyOf(segments);
    termStarts = List.copyOf(termStarts);
  }

  SegmentRecord activeSegment() {
    return segments.getLast();
  }

  ByteBuffer encode() {
    int length =
        FIXED_BYTES + segments.size() * SEGMENT_BYTES + termStarts.size() * TERM_START_BYTES;
    ByteBuffer target = ByteBuffer.allocate(length);
    target.putLong(MAGIC).putInt(0).putInt(length);
    target.putLong(log.value().getMostSignificantBits());
    target.putLong(log.value().getLeastSignificantBits());
    target.putLong(sequence);
    target.putLong(base.index()).putLong(base.term()).putLong(base.offset());
    target.putLong(base.digest()).putLong(durableMark).putLong(nextNumber);
    target.putInt(segments.size()).putInt(termStarts.size());
    for (SegmentRecord segment : segments) {
      SegmentStart start = segment.start();
      target.putLong(start.number()).putLong(start.index()).putLong(start.term());
      target.putLong(start.offset()).putLong(start.largestTimestampMs());
      target.putInt(segment.endPosition()).putInt(segment.fileBytes());
      target.putInt(segment.rows()).putInt(0);
    }
    for (TermStart start : termStarts) {
      target.putLong(start.term()).putLong(start.index()).putLong(start.offset());
    }
    target.flip();
    return target.putInt(CHECKSUM, FrameFormat.checksum(target.slice(CHECKED_FROM, length - 12)));
  }

  /** Whether a manifest of version 1 begins at a position of a file's bytes. */
  static boolean isOfVersion1(ByteBuffer file, int at) {
    return at + FIXED_BYTES <= file.limit() && file.getLong(at) == MAGIC_OF_VERSION_1;
  }

  /** The manifest that begins at a position of a file's bytes, null if there is no intact one. */
  static @Nullable Manifest decode(ByteBuffer file, int at) {
    if (at + FIXED_BYTES > file.limit() || file.getLong(at) != MAGIC) {
      return null;
    }
    int length = file.getInt(at + 12);
    if (length < FIXED_BYTES || length > file.limit() - at) {
      return null;
    }
    ByteBuffer source = file.slice(at, length);
    int checksum = FrameFormat.checksum(source.slice(CHECKED_FROM, length - CHECKED_FROM));
    return checksum == source.getInt(CHECKSUM) ? decode(source.position(16)) : null;
  }

  private static Manifest decode(ByteBuffer source) {
    LogId log = new LogId(new UUID(source.getLong(), source.getLong()));
    long sequence = source.getLong();
    LogBase base =
        new LogBase(source.getLong(), source.getLong(), source.getLong(), source.getLong());
    long durableMark = source.getLong();
    long nextNumber = source.getLong();
    int segmentCount = source.getInt();
    int termStartCount = source.getInt();
    List<SegmentRecord> segments = new ArrayList<>(segmentCount);
    for (int i = 0; i < segmentCount; i++) {
      SegmentStart start =
          new SegmentStart(
              source.getLong(),
              source.getLong(),
              source.getLong(),
              source.getLong(),
              source.getLong());
      segments.add(new SegmentRecord(start, source.getInt(), source.getInt(), source.getInt()));
      source.getInt();
    }
    List<TermStart> termStarts = new ArrayList<>(termStartCount);
    for (int i = 0; i < termStartCount; i++) {
      termStarts.add(new TermStart(source.getLong(), source.getLong(), source.getLong()));
    }
    return new Manifest(log, sequence, base, durableMark, nextNumber, segments, termStarts);
  }
}
