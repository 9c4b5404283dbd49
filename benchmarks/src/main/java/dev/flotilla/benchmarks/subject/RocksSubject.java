package dev.flotilla.benchmarks.subject;

import java.nio.ByteBuffer;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.rocksdb.CompressionType;
import org.rocksdb.Options;
import org.rocksdb.RocksDB;
import org.rocksdb.RocksDBException;
import org.rocksdb.RocksIterator;
import org.rocksdb.WriteBatch;
import org.rocksdb.WriteOptions;

/**
 * RocksDB with its defaults, but without compression: payloads are random. One database for all
 * logs, keys of log and offset, one write batch for each append, its write-ahead log synced where
 * appends are.
 */
final class RocksSubject implements Subject {

  private static final int KEY_BYTES = Integer.BYTES + Long.BYTES;

  private final Options options =
      new Options().setCreateIfMissing(true).setCompressionType(CompressionType.NO_COMPRESSION);
  private final WriteOptions writeOptions;
  private final RocksDB database;
  private int logs;

  RocksSubject(SubjectContext context) {
    this.writeOptions = new WriteOptions().setSync(context.isSynced());
    try {
      this.database = RocksDB.open(options, context.directory().toString());
    } catch (RocksDBException e) {
      throw new IllegalStateException("RocksDB cannot be opened in " + context.directory(), e);
    }
  }

  @Override
  public SubjectLog newLog() {
    return new Log(database, writeOptions, logs++);
  }

  @Override
  public void close() {
    database.close();
    writeOptions.close();
    options.close();
  }

  private static final class Log implements SubjectLog {

    private final RocksDB database;
    private final WriteOptions writeOptions;
    private final byte[] key = new byte[KEY_BYTES];
    private final ByteBuffer keyView = ByteBuffer.wrap(key);
    private final Pages pages = new Pages();
    private final ByteBuffer target =
        ByteBuffer.allocateDirect(SubjectContext.LARGEST_PAYLOAD_BYTES);
    private final int number;
    private long next;

    Log(RocksDB database, WriteOptions writeOptions, int number) {
      this.database = database;
      this.writeOptions = writeOptions;
      this.number = number;
    }

    @Override
    public CompletableFuture<Void> append(List<ByteBuffer> payloads) {
      try {
        if (payloads.size() == 1) {
          database.put(writeOptions, key(next++), Payloads.bytes(payloads.getFirst()));
          return DONE;
        }
        try (WriteBatch batch = new WriteBatch()) {
          for (ByteBuffer payload : payloads) {
            batch.put(key(next++), Payloads.bytes(payload));
          }
          database.write(writeOptions, batch);
        }
        return DONE;
      } catch (RocksDBException e) {
        throw new IllegalStateException("RocksDB cannot write", e);
      }
    }

    private byte[] key(long offset) {
      keyView.putInt(0, number).putLong(Integer.BYTES, offset);
      return key;
    }

    @Override
    public int read(long offset, int maxBytes) {
      int bytes = 0;
      try (RocksIterator iterator = database.newIterator()) {
        iterator.seek(key(offset));
        while (bytes < maxBytes && iterator.isValid()) {
          target.clear().position(bytes);
          int length = iterator.value(target);
          if (bytes > 0 && bytes + length > maxBytes) {
            break;
          }
          bytes += length;
          iterator.next();
        }
      }
      pages.touch(target.clear().limit(bytes));
      return bytes;
    }

    @Override
    public long find(long offset) {
      try (RocksIterator iterator = database.newIterator()) {
        iterator.seek(key(offset));
        return ByteBuffer.wrap(iterator.key()).getLong(Integer.BYTES);
      }
    }
  }
}
