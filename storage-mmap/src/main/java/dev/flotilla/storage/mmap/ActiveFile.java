package dev.flotilla.storage.mmap;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/**
 * The file of the segment that is written to. It is longer than its content by a step of zeros, see
 * {@link Preallocation}.
 *
 * <p>A step is written by the append that needs it, not ahead by another thread: a sync waits for
 * every dirty page of the file, so that the append beside it would pay for the step all the same,
 * once more for each sync until it is on the device. {@code storage.mmap.preallocate.max.bytes}
 * bounds what one append pays.
 *
 * <p>Used by one thread at a time.
 */
final class ActiveFile {

  private static final ByteBuffer ZEROS = ByteBuffer.allocateDirect(64 << 10).asReadOnlyBuffer();

  private final Path path;
  private final Disk disk;
  private final FileChannel channel;
  private final Preallocation preallocation;
  private int size;

  private ActiveFile(
      Path path, Disk disk, FileChannel channel, Preallocation preallocation, int size) {
    this.path = path;
    this.disk = disk;
    this.channel = channel;
    this.preallocation = preallocation;
    this.size = size;
  }

  /** Creates the file with its first step. Durable on return, its directory entry included. */
  static ActiveFile create(LogDirectory directory, String name, Preallocation preallocation)
      throws IOException {
    Path path = directory.file(name);
    FileChannel channel =
        directory
            .disk()
            .open(
                path,
                StandardOpenOption.CREATE,
                StandardOpenOption.TRUNCATE_EXISTING,
                StandardOpenOption.READ,
                StandardOpenOption.WRITE);
    ActiveFile file = new ActiveFile(path, directory.disk(), channel, preallocation, 0);
    try {
      file.zero(0, Preallocation.FIRST_STEP_BYTES);
      file.size = Preallocation.FIRST_STEP_BYTES;
      file.sync();
      directory.disk().syncDirectory(directory.path());
      return file;
    } catch (IOException e) {
      file.abandon(e);
      throw e;
    }
  }

  /** Opens a file that exists. */
  static ActiveFile open(LogDirectory directory, String name, Preallocation preallocation)
      throws IOException {
    Path path = directory.file(name);
    FileChannel channel =
        directory.disk().open(path, StandardOpenOption.READ, StandardOpenOption.WRITE);
    try {
      return new ActiveFile(
          path, directory.disk(), channel, preallocation, Math.toIntExact(channel.size()));
    } catch (IOException | RuntimeException e) {
      channel.close();
      throw e;
    }
  }

  Path path() {
    return path;
  }

  FileChannel channel() {
    return channel;
  }

  /** Its length, preallocated zeros included. */
  int size() {
    return size;
  }

  /**
   * Writes bytes and, where they come near the end of the file, preallocates the next step. Not
   * durable before {@link #sync}.
   *
   * @param spareBytes what must be left in the file behind the bytes
   */
  void write(ByteBuffer bytes, int position, int spareBytes) throws IOException {
    int end = position + bytes.remaining();
    LogDirectory.writeFully(channel, bytes, position);
    if (end + spareBytes > size) {
      int newSize = preallocation.sizeBehind(size, end + spareBytes);
      zero(preallocation.written() ? Math.max(end, size) : newSize - 1, newSize);
      size = newSize;
    }
  }

  /** Overwrites a part of the file with zeros. */
  void zero(int from, int to) throws IOException {
    for (int position = from; position < to; position += ZEROS.capacity()) {
      int length = Math.min(to - position, ZEROS.capacity());
      LogDirectory.writeFully(channel, ZEROS.slice(0, length), position);
    }
  }

  /** Makes all that was written durable, and tells the listener. */
  void sync() throws IOException {
    disk.sync(channel);
  }

  /** Makes all that was written durable. The caller tells the listener what that was. */
  void syncSilently() throws IOException {
    channel.force(false);
  }

  /** Gives back what is preallocated behind the content. No reader goes there. */
  void trim(int end) throws IOException {
    channel.truncate(end);
    size = end;
  }

  void close() throws IOException {
    channel.close();
  }

  private void abandon(IOException cause) {
    try {
      channel.close();
    } catch (IOException e) {
      cause.addSuppressed(e);
    }
  }
}
