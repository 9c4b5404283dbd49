package dev.flotilla.storage.lmdb;

import java.nio.ByteBuffer;
import java.util.HashMap;
import java.util.Map;
import org.lmdbjava.Cursor;
import org.lmdbjava.Dbi;
import org.lmdbjava.GetOp;
import org.lmdbjava.SeekOp;
import org.lmdbjava.Txn;

/**
 * A transaction that writes, and how much it has written. What is full takes no more: the rest
 * waits for the next one. Used by the commit thread, or by who opens the environment.
 */
final class Changes extends Snapshot {

  /**
   * Rows that were removed are listed by LMDB for reuse, in one page of the list for so many of
   * theirs. So few in one transaction stall nobody; a transaction that writes more may remove as
   * much as it writes beside them, lest the file grow while nobody rests.
   */
  private static final int MAX_REMOVED_PAGES = 400;

  /** No row has this number, the largest. */
  static final long NONE = -1;

  private final long maxBytes;
  private final Map<Dbi<ByteBuffer>, Cursor<ByteBuffer>> cursors = new HashMap<>();
  private long writtenBytes;
  private long removedBytes;
  private int entries;
  private long entryBytes;
  private boolean changed;

  Changes(Databases databases, Txn<ByteBuffer> txn, ByteBuffer key, long maxBytes) {
    super(databases, txn, key);
    this.maxBytes = maxBytes;
  }

  /** Whether entries should wait for the next transaction. */
  boolean isFull() {
    return writtenBytes >= maxBytes;
  }

  /** Whether no more should be removed that nobody waits for. */
  boolean hasRemovedEnough() {
    return removedBytes >= writtenBytes + (long) MAX_REMOVED_PAGES * Keys.PAGE_BYTES;
  }

  /** Whether there is anything to commit. */
  boolean isEmpty() {
    return !changed;
  }

  int entries() {
    return entries;
  }

  long entryBytes() {
    return entryBytes;
  }

  /** Takes note of an entry for whoever hears of flushes. */
  void countEntry(long bytes) {
    entries++;
    entryBytes += bytes;
  }

  /** The memory of a row's new value, to be filled before the next call. */
  ByteBuffer reserve(Dbi<ByteBuffer> database, ByteBuffer rowKey, int bytes) {
    return reserve(database, rowKey, bytes, bytes);
  }

  /** The same of a value of which only some bytes are new. */
  ByteBuffer reserve(Dbi<ByteBuffer> database, ByteBuffer rowKey, int bytes, int newBytes) {
    changed = true;
    writtenBytes += Keys.rowBytes(rowKey.remaining(), newBytes);
    return cursor(database).reserve(rowKey, bytes);
  }

  void remove(Dbi<ByteBuffer> database, ByteBuffer rowKey) {
    changed |= database.delete(txn, rowKey);
  }

  /**
   * Removes a log's rows by the number that follows the log's in their keys, unsigned: an index, a
   * block, or a mark.
   *
   * @param from the first number
   * @param limit the number before which to stop
   * @return what is gone
   */
  Removed removeRows(Dbi<ByteBuffer> database, int log, long from, long limit) {
    Cursor<ByteBuffer> cursor = cursor(database);
    long bytes = 0;
    boolean found = cursor.get(Keys.block(key, log, from), GetOp.MDB_SET_RANGE);
    while (found
        && Keys.isRowOf(cursor.key(), log)
        && Long.compareUnsigned(cursor.key().getLong(4), limit) < 0) {
      bytes += Keys.rowBytes(cursor.key().remaining(), cursor.val().remaining());
      cursor.delete();
      changed = true;
      found = cursor.seek(SeekOp.MDB_NEXT);
    }
    removedBytes += bytes;
    return new Removed(bytes, found ? numberIn(cursor, log) : NONE);
  }

  /**
   * What was removed.
   *
   * @param bytes what the rows took
   * @param next the number of the log's first row that is left behind them, {@link #NONE} if there
   *     is none
   */
  record Removed(long bytes, long next) {}

  /** The number of a log's first row, {@link #NONE} if it has none. */
  long firstRow(Dbi<ByteBuffer> database, int log) {
    Cursor<ByteBuffer> cursor = cursor(database);
    boolean found = cursor.get(Keys.block(key, log, 0), GetOp.MDB_SET_RANGE);
    return found ? numberIn(cursor, log) : NONE;
  }

  private static long numberIn(Cursor<ByteBuffer> cursor, int log) {
    return Keys.isRowOf(cursor.key(), log) ? cursor.key().getLong(4) : NONE;
  }

  private Cursor<ByteBuffer> cursor(Dbi<ByteBuffer> database) {
    return cursors.computeIfAbsent(database, opened -> opened.openCursor(txn));
  }

  void commit() {
    closeCursors();
    txn.commit();
  }

  private void closeCursors() {
    cursors.values().forEach(Cursor::close);
    cursors.clear();
  }

  @Override
  public void close() {
    closeCursors();
    super.close();
  }
}
