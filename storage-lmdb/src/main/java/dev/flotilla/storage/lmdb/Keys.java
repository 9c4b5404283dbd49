package dev.flotilla.storage.lmdb;

import dev.flotilla.storage.LogId;
import java.nio.ByteBuffer;
import java.util.UUID;

/**
 * The rows of an environment and their keys, version 2. Numbers are big-endian, so that rows lie in
 * the order of logs, indexes and parts.
 *
 * <pre>
 * database   key                                value
 * logs       0                                  {@link FormatRow}
 * logs       1, log id 16                       {@link LogRecord}
 * logs       2, log number 4, index 8           {@link TermRow}: a term begins with this entry
 * logs       3, log number 4                    {@link MarkRow}: the log is deleted, rows may be left
 * logs       4, log number 4                    {@link NameRow}: the log's id, once more
 * logs       5, log id 16                       {@link MarkRow}: the log was lost with an environment
 * headers    log number 4, index 8, part 4      {@link HeaderRow}, in parts
 * payloads   log number 4, block 8              {@link PayloadStream}: a block of the log's payloads
 * payloads   log number 4, mark 8, part 4       {@link #mark}: an entry's that was rewritten, in parts
 * </pre>
 *
 * <p>A log's number stands for its id where that would be long; it is never used twice. A block has
 * {@link #PART_BYTES}, a part at most so many, what fits one page that a row does not share: no row
 * ever needs two neighbouring pages, so every page that was freed serves every row, and to find one
 * takes no search.
 */
final class Keys {

  /** LMDB's pages; what it was compiled with and files are written with. */
  static final int PAGE_BYTES = 4096;

  /** A page less its head. */
  static final int PART_BYTES = PAGE_BYTES - 16;

  /** A larger value takes a page of its own; LMDB's limit less keys and row head. */
  static final int SHARED_BYTES = 2000;

  private static final int BLOCK_KEY_BYTES = 12;
  private static final int TERM_KEY_BYTES = 13;
  static final int ENTRY_KEY_BYTES = 16;
  static final int MAX_KEY_BYTES = 17;

  private static final byte FORMAT = 0;
  static final byte LOG = 1;
  private static final byte TERM = 2;
  static final byte DELETED = 3;
  static final byte NAME = 4;
  static final byte LOST = 5;

  private Keys() {}

  static ByteBuffer format(ByteBuffer key) {
    return key.clear().put(FORMAT).flip();
  }

  static ByteBuffer log(ByteBuffer key, LogId id) {
    return ofId(key, LOG, id);
  }

  static ByteBuffer lost(ByteBuffer key, LogId id) {
    return ofId(key, LOST, id);
  }

  private static ByteBuffer ofId(ByteBuffer key, byte kind, LogId id) {
    UUID value = id.value();
    key.clear().put(kind);
    return key.putLong(value.getMostSignificantBits())
        .putLong(value.getLeastSignificantBits())
        .flip();
  }

  static LogId idOf(ByteBuffer key) {
    return new LogId(new UUID(key.getLong(1), key.getLong(9)));
  }

  static ByteBuffer term(ByteBuffer key, int log, long index) {
    return key.clear().put(TERM).putInt(log).putLong(index).flip();
  }

  /** Whether it is a key of that kind; one of a damaged page may be anything. */
  static boolean isTermOf(ByteBuffer key, int log) {
    return key.remaining() == TERM_KEY_BYTES && key.get(0) == TERM && key.getInt(1) == log;
  }

  static ByteBuffer deleted(ByteBuffer key, int log) {
    return key.clear().put(DELETED).putInt(log).flip();
  }

  static ByteBuffer name(ByteBuffer key, int log) {
    return key.clear().put(NAME).putInt(log).flip();
  }

  /** The first key of a kind. */
  static ByteBuffer kind(ByteBuffer key, byte kind) {
    return key.clear().put(kind).flip();
  }

  static ByteBuffer entry(ByteBuffer key, int log, long index, int part) {
    return key.clear().putInt(log).putLong(index).putInt(part).flip();
  }

  static ByteBuffer block(ByteBuffer key, int log, long block) {
    return key.clear().putInt(log).putLong(block).flip();
  }

  static ByteBuffer rewritten(ByteBuffer key, int log, long index, int part) {
    return entry(key, log, mark(index), part);
  }

  /** Whether a key is of a log's rows and has a number; one of a damaged page may be anything. */
  static boolean isRowOf(ByteBuffer key, int log) {
    return key.remaining() >= BLOCK_KEY_BYTES && key.getInt(0) == log;
  }

  /** An index with its highest bit set: behind all blocks, and no block's number. */
  static long mark(long index) {
    return index | Long.MIN_VALUE;
  }

  /** What a row takes of the file, so that growth and shrinking agree. */
  static long rowBytes(int keyBytes, int valueBytes) {
    int head = 8 + 2 + keyBytes;
    return valueBytes > SHARED_BYTES ? head + 8 + PAGE_BYTES : head + ((valueBytes + 1) & -2);
  }
}
