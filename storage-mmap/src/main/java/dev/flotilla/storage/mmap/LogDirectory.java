package dev.flotilla.storage.mmap;

import dev.flotilla.storage.CorruptLogException;
import dev.flotilla.storage.LogId;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;

/**
 * The directory of one log: a manifest, and the files that it names.
 *
 * <p>Each manifest is a file of its own, {@code manifest-SEQUENCE}, and holds it twice at page
 * boundaries, so that one bad block costs nothing. It is written and synced, then its directory is
 * synced; the older one is removed only after that. The one with the highest sequence that can be
 * read is valid: an unreadable newer one was torn by a crash before anything relied on it.
 */
record LogDirectory(Disk disk, LogId log, Path path) {

  private static final String MANIFEST = "manifest-";
  private static final int PAGE_BYTES = 4096;

  Path file(String name) {
    return path.resolve(name);
  }

  static String manifestName(long sequence) {
    return MANIFEST + sequence;
  }

  /** Bytes that a manifest takes on the disk. */
  static int manifestBytes(Manifest manifest) {
    return 2 * pages(manifest.encode().limit());
  }

  private static int pages(int bytes) {
    return Math.ceilDiv(bytes, PAGE_BYTES) * PAGE_BYTES;
  }

  /** Writes a manifest. Durable on return. */
  void write(Manifest manifest) throws IOException {
    ByteBuffer encoded = manifest.encode();
    int copyBytes = pages(encoded.limit());
    ByteBuffer twice = ByteBuffer.allocate(2 * copyBytes);
    twice.put(0, encoded, 0, encoded.limit()).put(copyBytes, encoded, 0, encoded.limit());
    try (FileChannel channel =
        disk.open(
            file(manifestName(manifest.sequence())),
            StandardOpenOption.CREATE,
            StandardOpenOption.TRUNCATE_EXISTING,
            StandardOpenOption.WRITE)) {
      writeFully(channel, twice, 0);
      disk.sync(channel);
    }
    disk.syncDirectory(path);
  }

  /**
   * Reads the valid manifest.
   *
   * @throws CorruptLogException if there is none
   */
  Manifest read() throws IOException {
    List<Long> sequences =
        names().stream()
            .filter(name -> name.startsWith(MANIFEST))
            .map(name -> Long.valueOf(name.substring(MANIFEST.length())))
            .sorted(Comparator.reverseOrder())
            .toList();
    for (long sequence : sequences) {
      ByteBuffer bytes = ByteBuffer.wrap(Files.readAllBytes(file(manifestName(sequence))));
      for (int at = 0; at < bytes.limit(); at += PAGE_BYTES) {
        Manifest manifest = Manifest.decode(bytes, at);
        if (manifest != null && manifest.log().equals(log) && manifest.sequence() == sequence) {
          return manifest;
        }
      }
    }
    throw new CorruptLogException("log " + log + ": no readable manifest in " + path, 0);
  }

  /** The files that are there. */
  Set<String> names() throws IOException {
    return names(path);
  }

  /** Removes every file that a manifest, the newest, does not name. */
  void removeGarbage(Manifest manifest) throws IOException {
    Set<String> named =
        manifest.segments().stream()
            .map(Manifest.SegmentRecord::start)
            .flatMap(start -> List.of(start.fileName(), start.lookupName()).stream())
            .collect(Collectors.toSet());
    named.add(manifestName(manifest.sequence()));
    boolean removed = false;
    for (String name : names()) {
      if (!named.contains(name)) {
        Files.deleteIfExists(file(name));
        removed = true;
      }
    }
    if (removed) {
      disk.syncDirectory(path);
    }
  }

  static Set<String> names(Path directory) throws IOException {
    Set<String> names = new TreeSet<>();
    try (DirectoryStream<Path> files = Files.newDirectoryStream(directory)) {
      for (Path file : files) {
        names.add(String.valueOf(file.getFileName()));
      }
    }
    return names;
  }

  /** Removes a directory and the files in it. */
  static void remove(Path directory) throws IOException {
    for (String name : new ArrayList<>(names(directory))) {
      Files.deleteIfExists(directory.resolve(name));
    }
    Files.deleteIfExists(directory);
  }

  static void writeFully(FileChannel channel, ByteBuffer bytes, long position) throws IOException {
    long at = position;
    while (bytes.hasRemaining()) {
      at += channel.write(bytes, at);
    }
  }
}
