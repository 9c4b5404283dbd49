package dev.flotilla.storage.lmdb;

import dev.flotilla.storage.LogId;
import java.nio.ByteBuffer;
import java.util.zip.CRC32C;

/** CRC-32C of values, seeded with what they belong to: no value passes for another's. */
final class Checksums {

  private Checksums() {}

  /** Of a row of the database {@code logs}: its key, and its value from behind the checksum. */
  static int ofRow(ByteBuffer key, ByteBuffer value) {
    CRC32C crc = new CRC32C();
    crc.update(key.duplicate());
    crc.update(value.duplicate().position(value.position() + Integer.BYTES));
    return (int) crc.getValue();
  }

  /** One that goes on with the bytes of an entry. */
  static CRC32C ofEntry(LogId log, long index) {
    CRC32C crc = new CRC32C();
    ByteBuffer seed = ByteBuffer.allocate(24);
    seed.putLong(log.value().getMostSignificantBits());
    seed.putLong(log.value().getLeastSignificantBits());
    crc.update(seed.putLong(index).flip());
    return crc;
  }

  /** Whether a row of {@code logs} is as it was written; its checksum is its first four bytes. */
  static boolean isGood(ByteBuffer key, ByteBuffer value, int bytes) {
    return value.remaining() == bytes && value.getInt(value.position()) == ofRow(key, value);
  }
}
