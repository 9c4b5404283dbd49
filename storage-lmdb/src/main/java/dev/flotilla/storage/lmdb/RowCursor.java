package dev.flotilla.storage.lmdb;

import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;
import org.lmdbjava.Cursor;
import org.lmdbjava.Dbi;
import org.lmdbjava.GetOp;
import org.lmdbjava.Txn;

/** Finds rows by their keys, fast where one follows the other. */
final class RowCursor implements AutoCloseable {

  private final Cursor<ByteBuffer> cursor;
  private boolean positioned;

  RowCursor(Dbi<ByteBuffer> database, Txn<ByteBuffer> txn) {
    this.cursor = database.openCursor(txn);
  }

  /** Goes on in a transaction that began later. */
  void renew(Txn<ByteBuffer> txn) {
    cursor.renew(txn);
    positioned = false;
  }

  /** The value of a key, null if there is none. */
  @Nullable ByteBuffer get(ByteBuffer wanted) {
    if (positioned && cursor.next() && cursor.key().equals(wanted)) {
      return cursor.val();
    }
    positioned = cursor.get(wanted, GetOp.MDB_SET_KEY);
    return positioned ? cursor.val() : null;
  }

  @Override
  public void close() {
    cursor.close();
  }
}
