package dev.flotilla.storage.lmdb;

import dev.flotilla.storage.LogId;
import java.nio.ByteBuffer;
import java.util.UUID;

/**
 * The id of a log, by its number: a log is known by this row or by its {@link LogRecord}, so that
 * damage to one of them does not make it one that never was.
 *
 * <pre>
 *  0  checksum   4  {@link Checksums#ofRow}
 *  4  log id    16
 * </pre>
 */
final class NameRow {

  static final int BYTES = 20;

  private NameRow() {}

  static void write(LogId id, ByteBuffer key, ByteBuffer value) {
    value.putLong(4, id.value().getMostSignificantBits());
    value.putLong(12, id.value().getLeastSignificantBits());
    value.putInt(0, Checksums.ofRow(key, value));
  }

  static LogId read(ByteBuffer value) {
    return new LogId(new UUID(value.getLong(4), value.getLong(12)));
  }
}
