package dev.flotilla.storage.lmdb;

import dev.flotilla.storage.DiskFullException;
import dev.flotilla.storage.StorageException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/**
 * The file beside an environment in which LMDB keeps a table of its readers, in a memory map that
 * it writes to. LMDB gives the file its length and nothing else: on a full disk the system then has
 * no block for what is written to the map, and ends the process. So all of its bytes are written
 * before, where a disk that is full is an exception. LMDB begins it anew whoever wrote it.
 */
final class LockFile {

  static final String SUFFIX = "-lock";

  /** What LMDB takes for a reader, and at most so many times that for itself. */
  private static final int READER_BYTES = 64;

  private static final int HEAD_READERS = 8;

  private LockFile() {}

  /**
   * Writes it, for an environment that nobody has open.
   *
   * @throws DiskFullException if there is no room for it
   * @throws StorageException if it cannot be written
   */
  static void write(Path environment, int readers) {
    int bytes = (readers + HEAD_READERS) * READER_BYTES;
    ByteBuffer zeros = ByteBuffer.allocate(bytes);
    Path file = environment.resolveSibling(environment.getFileName() + SUFFIX);
    try (FileChannel channel =
        FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.WRITE)) {
      while (zeros.hasRemaining()) {
        channel.write(zeros, zeros.position());
      }
      channel.truncate(bytes);
    } catch (IOException e) {
      throw LmdbFailures.ofWrite(file, e);
    }
  }
}
