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
   * theirs. So few in one transaction stall nobody.
   */
  private static final int MAX_REMOVED_PAGES = 400;

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
    return removedBytes >= (long) MAX_REMOVED_PAGES * Keys.PAGE_BYTES;
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
    changed = true;
    writtenBytes += Keys.rowBytes(bytes);
    return cursor(database).reserve(rowKey, bytes);
  }

  void remove(Dbi<ByteBuffer> database, ByteBuffer rowKey) {
    changed |= database.delete(txn, rowKey);
  }

  /**
   * Removes the rows of a log's entries from an index on.
   *
   * @param limit the index before which to stop
   * @return what is gone
   */
  Removed removeEntryRows(Dbi<ByteBuffer> database, int log, long fromIndex, long limit) {
    Cursor<ByteBuffer> cursor = cursor(database);
    long bytes = 0;
    boolean found = cursor.get(Keys.entry(key, log, fromIndex, 0), GetOp.MDB_SET_RANGE);
    while (found && cursor.key().getInt(0) == log && cursor.key().getLong(4) < limit) {
      bytes += Keys.rowBytes(cursor.val().remaining());
      cursor.delete();
      changed = true;
      found = cursor.seek(SeekOp.MDB_NEXT);
    }
    removedBytes += bytes;
    long next = found && cursor.key().getInt(0) == log ? cursor.key().getLong(4) : Long.MAX_VALUE;
    return new Removed(bytes, next);
  }

  /**
   * What was removed.
   *
   * @param bytes what the rows took
   * @param nextIndex the index of the log's first row that is left behind them, {@code
   *     Long.MAX_VALUE} if there is none
   */
  record Removed(long bytes, long nextIndex) {}

  /** Where the first row of a log's entries from an index on is, {@code Long.MAX_VALUE} if none. */
  long firstRow(Dbi<ByteBuffer> database, int log, long fromIndex) {
    Cursor<ByteBuffer> cursor = cursor(database);
    boolean found = cursor.get(Keys.entry(key, log, fromIndex, 0), GetOp.MDB_SET_RANGE);
    return found && cursor.key().getInt(0) == log ? cursor.key().getLong(4) : Long.MAX_VALUE;
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
