package dev.flotilla.storage.mmap;

import dev.flotilla.storage.FlushListener;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.OpenOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/**
 * The files of an engine: opened and synced here, so that the listener is told of every sync that
 * something relies on, before what had to wait for it is written.
 *
 * @param opener opens files
 * @param listener told of syncs
 */
record Disk(Opener opener, FlushListener listener) {

  /** A seam: tests put channels behind it that fail, or that count what is read. */
  @FunctionalInterface
  interface Opener {

    FileChannel open(Path file, OpenOption... options) throws IOException;
  }

  FileChannel open(Path file, OpenOption... options) throws IOException {
    return opener.open(file, options);
  }

  /** Makes a file durable, its length included. */
  void sync(FileChannel channel) throws IOException {
    long started = System.nanoTime();
    channel.force(false);
    listener.flushed(0, 0, System.nanoTime() - started);
  }

  /** Makes the entries of a directory durable. */
  void syncDirectory(Path directory) throws IOException {
    try (FileChannel channel = open(directory, StandardOpenOption.READ)) {
      sync(channel);
    }
  }
}
