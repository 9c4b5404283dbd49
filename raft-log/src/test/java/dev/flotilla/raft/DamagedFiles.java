package dev.flotilla.raft;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.stream.Stream;

/**
 * Damages what the mmap engine has stored of a {@link TestBatch}, also while it is in use: maps
 * show at once what is written to their files.
 */
final class DamagedFiles {

  private DamagedFiles() {}

  /** Flips a byte of a batch's payload on a node. */
  static void flipPayload(Path nodeDirectory, long baseOffset, TestBatch batch) throws IOException {
    change(nodeDirectory, baseOffset, batch, TestBatch.MIN_BYTES, 1);
  }

  /** Flips a byte right before a batch's payload, where the header of its entry ends. */
  static void flipHeader(Path nodeDirectory, long baseOffset, TestBatch batch) throws IOException {
    change(nodeDirectory, baseOffset, batch, -1, 1);
  }

  /** Flips all bytes of a batch's payload. */
  static void garble(Path nodeDirectory, long baseOffset, TestBatch batch) throws IOException {
    change(nodeDirectory, baseOffset, batch, 0, batch.sizeBytes());
  }

  private static void change(Path nodeDirectory, long baseOffset, TestBatch batch, int from, int n)
      throws IOException {
    int changed = 0;
    for (Path file : files(nodeDirectory.resolve("engines").resolve("mmap"))) {
      try (FileChannel channel =
          FileChannel.open(file, StandardOpenOption.READ, StandardOpenOption.WRITE)) {
        long position = positionOf(channel, baseOffset, batch.number());
        if (position >= 0) {
          flip(channel, position + from, n);
          changed++;
        }
      }
    }
    if (changed != 1) {
      throw new AssertionError("found the batch at " + baseOffset + " " + changed + " times");
    }
  }

  private static List<Path> files(Path engine) throws IOException {
    try (Stream<Path> files = Files.walk(engine)) {
      return files.filter(Files::isRegularFile).sorted().toList();
    }
  }

  /** Where a payload begins that consists of a batch; -1 if it is not in the file. */
  private static long positionOf(FileChannel channel, long baseOffset, int number)
      throws IOException {
    ByteBuffer content = ByteBuffer.allocate(Math.toIntExact(channel.size()));
    while (content.hasRemaining() && channel.read(content) >= 0) {}
    content.flip();
    // A payload follows its header directly; only frames are aligned.
    for (int at = 1; at + TestBatch.MIN_BYTES <= content.limit(); at++) {
      if (content.getLong(at) == baseOffset
          && content.getInt(at + 12) == number
          && content.getInt(at + 8) > 0
          && content.getInt(at + 8) < 1000) {
        return at;
      }
    }
    return -1;
  }

  private static void flip(FileChannel channel, long position, int n) throws IOException {
    ByteBuffer bytes = ByteBuffer.allocate(n);
    while (bytes.hasRemaining() && channel.read(bytes, position + bytes.position()) >= 0) {}
    bytes.flip();
    for (int i = 0; i < bytes.limit(); i++) {
      bytes.put(i, (byte) ~bytes.get(i));
    }
    DurableFile.writeFully(channel, bytes, position);
  }
}
