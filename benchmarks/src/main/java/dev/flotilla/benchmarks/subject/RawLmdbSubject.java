package dev.flotilla.benchmarks.subject;

import java.nio.ByteBuffer;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.lmdbjava.Cursor;
import org.lmdbjava.Dbi;
import org.lmdbjava.DbiFlags;
import org.lmdbjava.Env;
import org.lmdbjava.EnvFlags;
import org.lmdbjava.GetOp;
import org.lmdbjava.PutFlags;
import org.lmdbjava.Txn;

/**
 * LMDB by itself: one environment, a database for each log, one transaction for each append, a key
 * for each payload. Where appends are not synced, nor are commits.
 */
final class RawLmdbSubject implements Subject {

  private static final long MAP_BYTES = 1L << 40;
  private static final int LOGS = 64;

  private final Env<ByteBuffer> env;
  private int logs;

  RawLmdbSubject(SubjectContext context) {
    EnvFlags[] flags =
        context.isSynced()
            ? new EnvFlags[] {EnvFlags.MDB_NOTLS}
            : new EnvFlags[] {EnvFlags.MDB_NOTLS, EnvFlags.MDB_NOSYNC, EnvFlags.MDB_NOMETASYNC};
    this.env =
        Env.create()
            .setMapSize(MAP_BYTES)
            .setMaxDbs(LOGS)
            .open(context.directory().toFile(), flags);
  }

  @Override
  public SubjectLog newLog() {
    return new Log(env, env.openDbi("log-" + logs++, DbiFlags.MDB_CREATE));
  }

  @Override
  public void close() {
    env.close();
  }

  private static final class Log implements SubjectLog {

    private final Env<ByteBuffer> env;
    private final Dbi<ByteBuffer> database;
    private final ByteBuffer key = ByteBuffer.allocateDirect(Long.BYTES);
    private final Pages pages = new Pages();
    private final ByteBuffer target =
        ByteBuffer.allocateDirect(SubjectContext.LARGEST_PAYLOAD_BYTES);
    private long next;

    Log(Env<ByteBuffer> env, Dbi<ByteBuffer> database) {
      this.env = env;
      this.database = database;
    }

    @Override
    public CompletableFuture<Void> append(List<ByteBuffer> payloads) {
      try (Txn<ByteBuffer> txn = env.txnWrite()) {
        try (Cursor<ByteBuffer> cursor = database.openCursor(txn)) {
          for (ByteBuffer payload : payloads) {
            cursor
                .reserve(key(next++), payload.remaining(), PutFlags.MDB_APPEND)
                .put(payload.duplicate());
          }
        }
        txn.commit();
      }
      return DONE;
    }

    private ByteBuffer key(long offset) {
      return key.clear().putLong(offset).flip();
    }

    /** Copies, as whoever wants to keep the bytes longer than a transaction. */
    @Override
    public int read(long offset, int maxBytes) {
      target.clear();
      try (Txn<ByteBuffer> txn = env.txnRead();
          Cursor<ByteBuffer> cursor = database.openCursor(txn)) {
        boolean found = cursor.get(key(offset), GetOp.MDB_SET_KEY);
        while (found && (target.position() == 0 || fits(cursor.val(), maxBytes))) {
          target.put(cursor.val());
          found = target.position() < maxBytes && cursor.next();
        }
      }
      pages.touch(target.flip());
      return target.limit();
    }

    private boolean fits(ByteBuffer value, int maxBytes) {
      return target.position() + value.remaining() <= maxBytes;
    }

    @Override
    public long find(long offset) {
      try (Txn<ByteBuffer> txn = env.txnRead();
          Cursor<ByteBuffer> cursor = database.openCursor(txn)) {
        cursor.get(key(offset), GetOp.MDB_SET_KEY);
        return cursor.key().getLong(0);
      }
    }
  }
}
