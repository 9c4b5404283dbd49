package dev.flotilla.storage.mmap;

import dev.flotilla.storage.CorruptLogException;
import dev.flotilla.storage.LogId;
import dev.flotilla.storage.StorageException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * The directory of one log: a manifest, and the files that it names.
 *
 * <p>Each manifest is a file of its own, {@code manifest-SEQUENCE}, and holds it twice at page
 * boundaries, so that one bad block costs nothing. It is written under another name and synced,
 * then renamed, then the directory is synced; the older one is removed only after that. The one
 * with the highest sequence is valid.
 *
 * <p>The log exists from its first manifest on until there is a file {@code deleted}.
 */
record LogDirectory(Disk disk, LogId log, Path path) {

  private static final String MANIFEST = "manifest-";
  private static final Pattern MANIFEST_NAME = Pattern.compile(MANIFEST + "\\d{1,18}");
  private static final String NEXT = ".next";
  private static final String DELETED = "deleted";
  private static final int PAGE_BYTES = 4096;

  Path file(String name) {
    return path.resolve(name);
  }

  /** For messages. */
  String describe() {
    return "log " + log + " in " + path;
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
    Path whole = file(manifestName(manifest.sequence()));
    Path next = file(manifestName(manifest.sequence()) + NEXT);
    try (FileChannel channel =
        disk.open(
            next,
            StandardOpenOption.CREATE,
            StandardOpenOption.TRUNCATE_EXISTING,
            StandardOpenOption.WRITE)) {
      writeFully(channel, twice, 0);
      disk.sync(channel);
    }
    Files.move(next, whole, StandardCopyOption.ATOMIC_MOVE);
    disk.syncDirectory(path);
  }

  /**
   * Reads the valid manifest.
   *
   * @throws CorruptLogException if there is none that can be read
   * @throws StorageException if it is of another version
   */
  Manifest read() throws IOException {
    long newest = -1;
    for (String name : names()) {
      if (isManifest(name)) {
        newest = Math.max(newest, Long.parseLong(name.substring(MANIFEST.length())));
      }
    }
    Path file = file(manifestName(newest));
    if (newest >= 0) {
      ByteBuffer bytes = ByteBuffer.wrap(Files.readAllBytes(file));
      for (int at = 0; at < bytes.limit(); at += PAGE_BYTES) {
        Manifest manifest = Manifest.decode(bytes, at);
        if (manifest != null && manifest.log().equals(log) && manifest.sequence() == newest) {
          return manifest;
        }
        if (Manifest.isOfVersion1(bytes, at)) {
          throw new StorageException(
              "%s was written by an earlier version, whose files this one does not read"
                  .formatted(describe()));
        }
      }
    }
    throw new CorruptLogException("log " + log + ": " + file + " is damaged", 0);
  }

  private static boolean isManifest(String name) {
    return MANIFEST_NAME.matcher(name).matches();
  }

  /** Whether there is a log. */
  boolean exists() throws IOException {
    if (!Files.isDirectory(path)) {
      return false;
    }
    Set<String> names = names();
    return names.stream().anyMatch(LogDirectory::isManifest) && !names.contains(DELETED);
  }

  /** Deletes the log, or what was left of one. Durable on return. */
  void delete() throws IOException {
    if (!Files.isDirectory(path)) {
      return;
    }
    if (!Files.exists(file(DELETED))) {
      Files.createFile(file(DELETED));
      disk.syncDirectory(path);
    }
    for (String name : names()) {
      if (!name.equals(DELETED)) {
        Files.deleteIfExists(file(name));
      }
    }
    // No manifest may be found again without the file that says it is gone.
    disk.syncDirectory(path);
    Files.deleteIfExists(file(DELETED));
    Files.deleteIfExists(path);
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
    List<String> garbage = names().stream().filter(name -> !named.contains(name)).toList();
    if (!garbage.isEmpty()) {
      // An earlier process may have ended between the renaming of the manifest and the sync that
      // makes it durable: the older one goes only after that.
      disk.syncDirectory(path);
      for (String name : garbage) {
        Files.deleteIfExists(file(name));
      }
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

  static void writeFully(FileChannel channel, ByteBuffer bytes, long position) throws IOException {
    long at = position;
    while (bytes.hasRemaining()) {
      at += channel.write(bytes, at);
    }
  }
}
