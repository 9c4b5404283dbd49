package dev.flotilla.server;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.zip.CRC32C;

/**
 * A small file that is replaced as a whole and tells whether it is whole.
 *
 * <pre>
 * 0   4   CRC-32C of the rest, big endian
 * 4   …   the content
 * </pre>
 */
public final class ChecksummedFile {

  private static final int CHECKSUM_BYTES = 4;

  private ChecksummedFile() {}

  /** The file is there and is not what was written. */
  public static final class DamagedException extends IOException {
    private static final long serialVersionUID = 1;

    DamagedException(Path file) {
      super(file + " is damaged");
    }
  }

  /**
   * Reads the content, none if there is no file.
   *
   * @throws DamagedException if it is not what was written
   * @throws IOException if it cannot be read
   */
  public static Optional<ByteBuffer> read(Path file) throws IOException {
    if (!Files.exists(file)) {
      return Optional.empty();
    }
    var bytes = ByteBuffer.wrap(Files.readAllBytes(file));
    if (bytes.remaining() < CHECKSUM_BYTES || bytes.getInt() != checksum(bytes)) {
      throw new DamagedException(file);
    }
    return Optional.of(bytes);
  }

  /** Replaces the content; durable on return. */
  public static void write(Path file, byte[] content) throws IOException {
    var bytes = ByteBuffer.allocate(CHECKSUM_BYTES + content.length);
    bytes.putInt(checksum(ByteBuffer.wrap(content))).put(content);
    DataDirectory.replace(file, bytes.array());
  }

  private static int checksum(ByteBuffer content) {
    var crc = new CRC32C();
    crc.update(content.duplicate());
    return (int) crc.getValue();
  }
}
