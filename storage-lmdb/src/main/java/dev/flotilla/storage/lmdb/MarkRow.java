package dev.flotilla.storage.lmdb;

import java.nio.ByteBuffer;

/**
 * A row that says all with its key, and that the key is what was written.
 *
 * <pre>
 *  0  checksum   4  {@link Checksums#ofRow}
 * </pre>
 */
final class MarkRow {

  static final int BYTES = 4;

  private MarkRow() {}

  static void write(ByteBuffer key, ByteBuffer value) {
    value.putInt(0, Checksums.ofRow(key, value));
  }
}
