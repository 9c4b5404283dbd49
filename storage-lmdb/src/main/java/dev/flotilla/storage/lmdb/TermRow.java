package dev.flotilla.storage.lmdb;

import dev.flotilla.storage.TermStart;
import java.nio.ByteBuffer;

/**
 * Where a term begins; the index is the key's.
 *
 * <pre>
 *  0  checksum   4  {@link Checksums#ofRow}
 *  4  term       8
 * 12  offset     8
 * </pre>
 */
final class TermRow {

  static final int BYTES = 20;

  private TermRow() {}

  static void write(TermStart start, ByteBuffer key, ByteBuffer value) {
    value.putLong(4, start.term()).putLong(12, start.offset());
    value.putInt(0, Checksums.ofRow(key, value));
  }

  static TermStart read(ByteBuffer key, ByteBuffer value) {
    return new TermStart(value.getLong(4), key.getLong(5), value.getLong(12));
  }
}
