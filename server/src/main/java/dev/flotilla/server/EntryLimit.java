package dev.flotilla.server;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * How large an entry of a Raft log may be. Raft gives up a leader whose entry is larger, and never
 * again sends an entry that was stored under a higher limit: so the limit is remembered with the
 * data and never falls.
 */
final class EntryLimit {

  /** What an entry may have around the largest batch. */
  static final int OVERHEAD_BYTES = 64 << 10;

  /** Room for topics whose {@code max.message.bytes} is set above the node's default. */
  private static final int LEAST_BYTES = 16 << 20;

  private EntryLimit() {}

  /**
   * The limit of this data directory in bytes, durable on return.
   *
   * @param file where it is remembered
   * @param messageMaxBytes the largest batch that the node is configured for
   */
  static int raise(Path file, int messageMaxBytes) throws IOException {
    int wanted = Math.max(LEAST_BYTES, Math.addExact(messageMaxBytes, OVERHEAD_BYTES));
    int remembered = Files.exists(file) ? read(file) : 0;
    if (wanted > remembered) {
      DataDirectory.replace(file, (wanted + "\n").getBytes(StandardCharsets.US_ASCII));
    }
    return Math.max(wanted, remembered);
  }

  private static int read(Path file) throws IOException {
    String text = Files.readString(file).trim();
    try {
      return Integer.parseInt(text);
    } catch (NumberFormatException e) {
      throw new IOException(file + " should hold a number of bytes, it holds '" + text + "'", e);
    }
  }
}
