package dev.flotilla.server.local;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/** Keeps a directory to one {@code cluster} command at a time, and says which process it is. */
final class ClusterLock implements AutoCloseable {

  private static final String LOCK = ".lock";
  private static final String PROCESS = "pid";

  private final Path directory;
  private final FileChannel channel;

  private ClusterLock(Path directory, FileChannel channel) {
    this.directory = directory;
    this.channel = channel;
  }

  /** Locks a directory, which is created. */
  static ClusterLock of(Path directory) throws LocalFailure {
    try {
      Files.createDirectories(directory);
      if (isHeld(directory)) {
        throw new LocalFailure(
            "a cluster runs on %s already, process %s".formatted(directory, user(directory)));
      }
      FileChannel channel =
          FileChannel.open(
              directory.resolve(LOCK), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
      if (channel.tryLock() == null) {
        channel.close();
        throw new LocalFailure("a cluster starts on %s just now".formatted(directory));
      }
      Files.writeString(directory.resolve(PROCESS), ProcessHandle.current().pid() + "\n");
      return new ClusterLock(directory, channel);
    } catch (IOException e) {
      throw new LocalFailure("directory " + directory + " cannot be used: " + e, e);
    }
  }

  /** Whether a process holds the lock of a directory; a node's data directory has one, too. */
  static boolean isHeld(Path directory) throws IOException {
    Path file = directory.resolve(LOCK);
    if (!Files.exists(file)) {
      return false;
    }
    try (FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE);
        FileLock lock = channel.tryLock()) {
      return lock == null;
    } catch (OverlappingFileLockException e) {
      return true;
    }
  }

  /** Who holds it, as far as it has said so. */
  static String user(Path directory) throws IOException {
    Path file = directory.resolve(PROCESS);
    return Files.exists(file) ? Files.readString(file).trim() : "unknown";
  }

  @Override
  public void close() {
    try {
      Files.deleteIfExists(directory.resolve(PROCESS));
      channel.close();
    } catch (IOException e) {
      // The lock ends with the process.
    }
  }
}
