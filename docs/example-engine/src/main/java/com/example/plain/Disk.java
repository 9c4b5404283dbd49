package com.example.plain;

import dev.flotilla.storage.DiskFullException;
import dev.flotilla.storage.EngineContext;
import dev.flotilla.storage.StorageException;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.util.function.Consumer;

/** Syncs files and directories, and tells of it before anybody relies on it. */
record Disk(EngineContext context, Consumer<Path> synced) {

  /** Makes a file, or the names in a directory, durable. */
  void sync(Path path, FileChannel channel, int entries, long bytes) throws IOException {
    long started = System.nanoTime();
    channel.force(false);
    synced.accept(path);
    context.listener().flushed(entries, bytes, System.nanoTime() - started);
  }

  void syncDirectory() throws IOException {
    try (FileChannel channel = FileChannel.open(context.directory())) {
      sync(context.directory(), channel, 0, 0);
    }
  }

  /** A failure in the words of the contract; Java hands on no error number. */
  static StorageException failure(String doing, Throwable cause) {
    if (cause instanceof StorageException known) {
      return known;
    }
    String message = doing + ": " + cause.getMessage();
    return message.contains("No space left on device")
        ? new DiskFullException(message, cause)
        : new StorageException(message, cause);
  }
}
