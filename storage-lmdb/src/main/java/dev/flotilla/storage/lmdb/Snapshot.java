package dev.flotilla.storage.lmdb;

import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;
import org.lmdbjava.Cursor;
import org.lmdbjava.Dbi;
import org.lmdbjava.GetOp;
import org.lmdbjava.Txn;

/**
 * The rows of an environment in one transaction. Buffers that are shown lie in LMDB's memory: they
 * are read before the next call, never kept. Used by one thread at a time.
 */
class Snapshot implements AutoCloseable {

  final Databases databases;
  final Txn<ByteBuffer> txn;

  /** For keys that are asked for. */
  final ByteBuffer key;

  /** Kept from one read to the next; renewed with the transaction. */
  private @Nullable RowCursor headers;

  private @Nullable RowCursor payloads;

  Snapshot(Databases databases, Txn<ByteBuffer> txn, ByteBuffer key) {
    this.databases = databases;
    this.txn = txn;
    this.key = key;
  }

  /** The databases of an environment; see {@link Keys}. */
  record Databases(Dbi<ByteBuffer> logs, Dbi<ByteBuffer> headers, Dbi<ByteBuffer> payloads) {}

  /** The value of a key, null if there is none. */
  @Nullable ByteBuffer get(Dbi<ByteBuffer> database, ByteBuffer wanted) {
    return database.get(txn, wanted);
  }

  /** Finds heads one behind the other, until it is asked for again. */
  RowCursor headers() {
    RowCursor rows = renewed(headers, databases.headers());
    headers = rows;
    return rows;
  }

  /** Finds payloads one behind the other, until it is asked for again. */
  RowCursor payloads() {
    RowCursor rows = renewed(payloads, databases.payloads());
    payloads = rows;
    return rows;
  }

  private RowCursor renewed(@Nullable RowCursor kept, Dbi<ByteBuffer> database) {
    if (kept == null) {
      return new RowCursor(database, txn);
    }
    kept.renew(txn);
    return kept;
  }

  /** Shows a row; false ends the scan. */
  interface RowVisitor {
    boolean visit(ByteBuffer key, ByteBuffer value);
  }

  /** Shows the rows from a key on, in order. */
  void scan(Dbi<ByteBuffer> database, ByteBuffer from, RowVisitor visitor) {
    try (Cursor<ByteBuffer> cursor = database.openCursor(txn)) {
      boolean found = cursor.get(from, GetOp.MDB_SET_RANGE);
      while (found && visitor.visit(cursor.key(), cursor.val())) {
        found = cursor.next();
      }
    }
  }

  /**
   * Shows the rows of a kind in the database {@code logs}; of a damaged page a key may be empty.
   */
  void scanKind(byte kind, RowVisitor visitor) {
    scan(
        databases.logs(),
        Keys.kind(key, kind),
        (rowKey, value) ->
            !rowKey.hasRemaining() || (rowKey.get(0) == kind && visitor.visit(rowKey, value)));
  }

  @Override
  public void close() {
    if (headers != null) {
      headers.close();
    }
    if (payloads != null) {
      payloads.close();
    }
    txn.close();
  }
}
