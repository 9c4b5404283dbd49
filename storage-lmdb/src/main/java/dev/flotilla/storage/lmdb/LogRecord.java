package dev.flotilla.storage.lmdb;

import dev.flotilla.storage.LogBase;
import java.nio.ByteBuffer;

/**
 * Where a log begins and ends, written by every transaction that changes it. It is the log's
 * durable mark, exact to the entry, since it changes with the entries or not at all.
 *
 * <p>Rows of entries may be left outside of {@code [base.index() + 1, endIndex)}: what was
 * truncated, dropped or reset is forgotten by a new record at once, and its rows are removed later,
 * a bounded number in one transaction. All rows of headers lie in {@code [storedFrom, storedTo)},
 * those of payloads where the stream's extent has them.
 *
 * <pre>
 *  0  checksum      4  {@link Checksums#ofRow}
 *  4  log number    4
 *  8  base index    8
 * 16  base term     8
 * 24  base offset   8
 * 32  base digest   8
 * 40  end index     8
 * 48  stored from   8
 * 56  stored to     8
 * 64  disk bytes    8  what its rows take
 * 72  terms         4  how many {@link TermRow}s there are
 * 76  stream start  8  {@link StreamExtent}
 * 84  stream end    8
 * 92  blocks from   8
 * 100 blocks to     8
 * </pre>
 */
record LogRecord(
    int log,
    LogBase base,
    long endIndex,
    long storedFrom,
    long storedTo,
    long diskBytes,
    int terms,
    StreamExtent stream) {

  static final int BYTES = 108;

  static LogRecord empty(int log, LogBase base) {
    long first = base.index() + 1;
    return new LogRecord(log, base, first, first, first, 0, 0, StreamExtent.EMPTY);
  }

  long startIndex() {
    return base.index() + 1;
  }

  boolean holds(long index) {
    return index >= startIndex() && index < endIndex;
  }

  /** Whether rows of entries are left that the log does not hold any more. */
  boolean hasRemains() {
    return storedFrom < startIndex() || storedTo > endIndex || stream.hasRemains();
  }

  void writeTo(ByteBuffer key, ByteBuffer value) {
    value.putInt(4, log).putLong(8, base.index()).putLong(16, base.term());
    value.putLong(24, base.offset()).putLong(32, base.digest()).putLong(40, endIndex);
    value.putLong(48, storedFrom).putLong(56, storedTo).putLong(64, diskBytes).putInt(72, terms);
    value.putLong(76, stream.start()).putLong(84, stream.end());
    value.putLong(92, stream.storedFrom()).putLong(100, stream.storedTo());
    value.putInt(0, Checksums.ofRow(key, value));
  }

  static LogRecord readFrom(ByteBuffer value) {
    LogBase base =
        new LogBase(value.getLong(8), value.getLong(16), value.getLong(24), value.getLong(32));
    StreamExtent stream =
        new StreamExtent(
            value.getLong(76), value.getLong(84), value.getLong(92), value.getLong(100));
    return new LogRecord(
        value.getInt(4),
        base,
        value.getLong(40),
        value.getLong(48),
        value.getLong(56),
        value.getLong(64),
        value.getInt(72),
        stream);
  }
}
