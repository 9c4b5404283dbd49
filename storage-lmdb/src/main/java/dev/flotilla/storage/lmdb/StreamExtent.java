package dev.flotilla.storage.lmdb;

/**
 * What of a log's {@link PayloadStream} is used, and what is stored.
 *
 * @param start the position of the log's first entry
 * @param end where the next payload will begin
 * @param storedFrom the first block that may be stored
 * @param storedTo the block behind the last that may be; not all between them are, where entries
 *     were rewritten
 */
record StreamExtent(long start, long end, long storedFrom, long storedTo) {

  static final StreamExtent EMPTY = new StreamExtent(0, 0, 0, 0);

  /** The block that a position lies in. */
  static long blockOf(long position) {
    return position / Keys.PART_BYTES;
  }

  /** The first block at or behind a position. */
  static long blockFrom(long position) {
    return blockOf(position + Keys.PART_BYTES - 1);
  }

  /** Whether blocks are stored that lie before or behind what is used. */
  boolean hasRemains() {
    return storedFrom < Math.min(blockOf(start), storedTo) || storedTo > blockFrom(end);
  }
}
