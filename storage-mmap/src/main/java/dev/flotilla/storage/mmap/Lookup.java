package dev.flotilla.storage.mmap;

import java.nio.ByteBuffer;

/**
 * The lookup rows of a segment: a {@link ChainPoint} every {@link #INTERVAL_BYTES} of frames, from
 * which a search walks on frame by frame. Each row alone is enough to go on from, so that a log is
 * opened from its last row, and each can be written again from the frames.
 *
 * <p>A row, in the lookup file and in memory:
 *
 * <pre>
 *  0  index               8
 *  8  term                8  of the entry before
 * 16  offset              8  end offset of the entry before
 * 24  largest timestamp   8  before this entry
 * 32  position            4
 * 36  chain checksum      4  of the frame before
 * 40  zero                4
 * 44  row checksum        4  CRC-32C of the chain's origin (4 bytes), then of bytes 0 to 44
 * </pre>
 *
 * <p>Immutable: a growing segment publishes a new one for each new row over the same memory.
 *
 * @param rows the rows, from byte 0; absolute access only
 * @param count how many
 */
record Lookup(ByteBuffer rows, int count) {

  static final int ROW_BYTES = 48;

  /**
   * Bytes of frames that one row stands for: a 1 GB segment has 65,536 rows in 3 MB, and a search
   * walks over 16 KB of frames at most.
   */
  static final int INTERVAL_BYTES = 16 << 10;

  private static final int INDEX = 0;
  private static final int TERM = 8;
  private static final int OFFSET = 16;
  private static final int LARGEST_TIMESTAMP = 24;
  private static final int POSITION = 32;
  private static final int CHAIN_CHECKSUM = 36;
  private static final int ROW_CHECKSUM = 44;

  static Lookup empty() {
    return new Lookup(ByteBuffer.allocate(0), 0);
  }

  /** Writes a row at the target's position. */
  static void write(ByteBuffer target, ChainPoint point, int origin) {
    int at = target.position();
    target.putLong(point.index()).putLong(point.term()).putLong(point.offset());
    target.putLong(point.largestTimestampMs()).putInt(point.position()).putInt(point.checksum());
    target.putInt(0).putInt(checksum(target, at, origin));
  }

  private static int checksum(ByteBuffer rows, int at, int origin) {
    ByteBuffer bytes = ByteBuffer.allocate(4 + ROW_CHECKSUM);
    bytes.putInt(origin).put(rows.duplicate().limit(at + ROW_CHECKSUM).position(at)).flip();
    return FrameFormat.checksum(bytes);
  }

  /** How many rows from the first on are as they were written. */
  int intact(int origin) {
    for (int row = 0; row < count; row++) {
      int at = row * ROW_BYTES;
      if (rows.getInt(at + ROW_CHECKSUM) != checksum(rows, at, origin)) {
        return row;
      }
    }
    return count;
  }

  /** The first rows alone. */
  Lookup first(int rowCount) {
    return new Lookup(rows, rowCount);
  }

  ChainPoint row(int row) {
    int at = row * ROW_BYTES;
    return new ChainPoint(
        rows.getInt(at + POSITION),
        rows.getLong(at + INDEX),
        rows.getInt(at + CHAIN_CHECKSUM),
        rows.getLong(at + TERM),
        rows.getLong(at + OFFSET),
        rows.getLong(at + LARGEST_TIMESTAMP));
  }

  /** The last row at or below an index, the segment's origin if there is none. */
  ChainPoint atOrBelowIndex(long index, ChainPoint origin) {
    return last(rowsWith(INDEX, index), origin);
  }

  /** The last row below an end index before which no entry reaches beyond an offset. */
  ChainPoint atOrBelowOffset(long offset, long endIndex, ChainPoint origin) {
    return last(Math.min(rowsWith(OFFSET, offset), rowsBelow(endIndex)), origin);
  }

  /** The last row below an end index before which every timestamp is earlier than a time. */
  ChainPoint beforeTime(long timestampMs, long endIndex, ChainPoint origin) {
    int rowCount = rowsWith(LARGEST_TIMESTAMP, timestampMs - 1);
    return last(Math.min(rowCount, rowsBelow(endIndex)), origin);
  }

  /** How many rows are below an index. */
  int rowsBelow(long index) {
    return rowsWith(INDEX, index - 1);
  }

  private ChainPoint last(int rowCount, ChainPoint origin) {
    return rowCount == 0 ? origin : row(rowCount - 1);
  }

  /** How many rows have at most this in a field that never falls. */
  private int rowsWith(int field, long atMost) {
    int low = 0;
    int high = count;
    while (low < high) {
      int middle = (low + high) >>> 1;
      if (rows.getLong(middle * ROW_BYTES + field) <= atMost) {
        low = middle + 1;
      } else {
        high = middle;
      }
    }
    return low;
  }
}
