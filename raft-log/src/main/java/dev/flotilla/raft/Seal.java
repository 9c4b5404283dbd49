package dev.flotilla.raft;

import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.MessageLite;
import com.google.protobuf.Parser;
import java.nio.ByteBuffer;
import java.util.Optional;
import java.util.zip.CRC32C;

/**
 * The envelope of every small file of a replica: it tells a whole message from a torn, rotten or
 * foreign one. Big-endian, version 1:
 *
 * <pre>
 *  0  magic     4 bytes, what kind of message it is
 *  4  version   4
 *  8  length n  4, bytes of the message
 * 12  checksum  4, CRC-32C of the seed, of bytes 0 to 12 and of the message
 * 16  message   n
 * </pre>
 *
 * The seed is not stored: bytes that belong to another owner do not open.
 */
final class Seal {

  /** Bytes in front of the message. */
  static final int HEADER_BYTES = 16;

  private static final int VERSION = 1;
  private static final int VERSION_AT = 4;
  private static final int LENGTH_AT = 8;
  private static final int CHECKSUM_AT = 12;

  private Seal() {}

  /** A sealed message, from position to limit. */
  static ByteBuffer close(int magic, byte[] seed, MessageLite message) {
    byte[] body = message.toByteArray();
    ByteBuffer sealed = ByteBuffer.allocate(HEADER_BYTES + body.length);
    sealed.putInt(magic).putInt(VERSION).putInt(body.length).putInt(0).put(body).flip();
    return sealed.putInt(CHECKSUM_AT, checksum(seed, sealed, body.length));
  }

  /**
   * The message that was sealed at the buffer's position; what lies behind it is not looked at.
   * Empty if it is not whole, not of this kind or version, or sealed with another seed.
   */
  static <M extends MessageLite> Optional<M> open(
      int magic, byte[] seed, ByteBuffer bytes, Parser<M> parser) {
    ByteBuffer sealed = bytes.slice();
    if (sealed.remaining() < HEADER_BYTES
        || sealed.getInt(0) != magic
        || sealed.getInt(VERSION_AT) != VERSION) {
      return Optional.empty();
    }
    int length = sealed.getInt(LENGTH_AT);
    if (length < 0
        || length > sealed.remaining() - HEADER_BYTES
        || sealed.getInt(CHECKSUM_AT) != checksum(seed, sealed, length)) {
      return Optional.empty();
    }
    byte[] body = new byte[length];
    sealed.get(HEADER_BYTES, body);
    try {
      return Optional.of(parser.parseFrom(body));
    } catch (InvalidProtocolBufferException e) {
      return Optional.empty();
    }
  }

  private static int checksum(byte[] seed, ByteBuffer sealed, int length) {
    CRC32C crc = new CRC32C();
    crc.update(seed);
    crc.update(sealed.slice(0, CHECKSUM_AT));
    crc.update(sealed.slice(HEADER_BYTES, length));
    return (int) crc.getValue();
  }
}
