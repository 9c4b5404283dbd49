package dev.flotilla.server.local;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** What was appended to a log file since some moment, the last part of it if it is much. */
final class LogTail {

  private static final int AT_MOST_BYTES = 1 << 20;

  private final Path file;
  private final long since;

  private LogTail(Path file, long since) {
    this.file = file;
    this.since = since;
  }

  /** What will be appended from now on. */
  static LogTail atEndOf(Path file) throws IOException {
    return new LogTail(file, Files.exists(file) ? Files.size(file) : 0);
  }

  /** The lines so far; the last may be half written. */
  List<String> lines() throws IOException {
    try (FileChannel channel = FileChannel.open(file)) {
      long start = Math.max(Math.min(since, channel.size()), channel.size() - AT_MOST_BYTES);
      ByteBuffer bytes = ByteBuffer.allocate((int) (channel.size() - start));
      while (bytes.hasRemaining() && channel.read(bytes, start + bytes.position()) >= 0) {}
      return StandardCharsets.UTF_8.decode(bytes.flip()).toString().lines().toList();
    }
  }
}
