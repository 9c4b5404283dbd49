package dev.flotilla.raft;

import static java.nio.file.StandardOpenOption.CREATE;
import static java.nio.file.StandardOpenOption.CREATE_NEW;
import static java.nio.file.StandardOpenOption.READ;
import static java.nio.file.StandardOpenOption.TRUNCATE_EXISTING;
import static java.nio.file.StandardOpenOption.WRITE;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;

/** Files that survive a power cut once a method has returned. */
final class DurableFile {

  /** Ends the name of a file that is being written; nobody reads such a file. */
  static final String TEMPORARY = ".tmp";

  private DurableFile() {}

  /**
   * Replaces a file as a whole. After a crash, or a failure, it has the old content or the new one.
   */
  static void replace(Path file, ByteBuffer content) throws IOException {
    Path temporary = file.resolveSibling(file.getFileName() + TEMPORARY);
    try (FileChannel channel = FileChannel.open(temporary, CREATE, WRITE, TRUNCATE_EXISTING)) {
      writeFully(channel, content, 0);
      channel.force(true);
    }
    Files.move(temporary, file, StandardCopyOption.ATOMIC_MOVE);
    syncDirectory(parent(file));
  }

  /**
   * Writes a file that does not exist yet. Its content is durable when it returns; its name is once
   * the directory was synced.
   */
  static void create(Path file, ByteBuffer content) throws IOException {
    try (FileChannel channel = FileChannel.open(file, CREATE_NEW, WRITE)) {
      writeFully(channel, content, 0);
      channel.force(true);
    }
  }

  /** Writes all of the content at a position of a file; not durable before a force. */
  static void writeFully(FileChannel channel, ByteBuffer content, long position)
      throws IOException {
    ByteBuffer rest = content.duplicate();
    long at = position;
    while (rest.hasRemaining()) {
      at += channel.write(rest, at);
    }
  }

  /** Makes the names in a directory durable: created, renamed and deleted files. */
  static void syncDirectory(Path directory) throws IOException {
    try (FileChannel channel = FileChannel.open(directory, READ)) {
      channel.force(true);
    }
  }

  /** Creates a directory and those above it, each made durable in the one above. */
  static void createDirectories(Path directory) throws IOException {
    if (!Files.isDirectory(directory)) {
      Path parent = parent(directory);
      createDirectories(parent);
      Files.createDirectories(directory);
      syncDirectory(parent);
    }
  }

  private static Path parent(Path file) {
    Path parent = file.toAbsolutePath().getParent();
    if (parent == null) {
      throw new IllegalArgumentException(file + " has no directory");
    }
    return parent;
  }
}
