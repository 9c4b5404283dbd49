package dev.flotilla.storage.lmdb;

import java.nio.ByteBuffer;

/**
 * What is said of the environment as a whole.
 *
 * <pre>
 *  0  checksum          4  {@link Checksums#ofRow}
 *  4  version           4
 *  8  next log number   4
 * 12  closings          8  how often it was closed
 * </pre>
 */
record FormatRow(int version, int nextLog, long closings) {

  static final int VERSION = 2;

  static final int BYTES = 20;

  static final FormatRow NEW = new FormatRow(VERSION, 1, 0);

  void writeTo(ByteBuffer key, ByteBuffer value) {
    value.putInt(4, version).putInt(8, nextLog).putLong(12, closings);
    value.putInt(0, Checksums.ofRow(key, value));
  }

  static FormatRow readFrom(ByteBuffer value) {
    return new FormatRow(value.getInt(4), value.getInt(8), value.getLong(12));
  }

  FormatRow withNextLog(int number) {
    return new FormatRow(version, number, closings);
  }

  FormatRow closed() {
    return new FormatRow(version, nextLog, closings + 1);
  }
}
