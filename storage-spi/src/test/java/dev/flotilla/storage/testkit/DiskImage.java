package dev.flotilla.storage.testkit;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/**
 * What the files below a directory hold at one moment. A file is known by its inode, so that one
 * that was renamed or replaced is told from one that was written to.
 *
 * @param directories all directories, by path below the root
 * @param names which inode a path below the root names
 * @param files what the inodes hold
 */
record DiskImage(Set<String> directories, Map<String, Inode> names, Map<Inode, FilePages> files) {

  /** A file's identity while it exists; inode numbers are used again, hence the time. */
  record Inode(Object fileKey, long createdNanos) {}

  /** Equal pages of successive images are kept once. */
  static DiskImage capture(Path root, DiskImage previous) {
    try {
      while (true) {
        Optional<DiskImage> image = tryToRead(root, previous);
        if (image.isPresent()) {
          return image.get();
        }
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  static DiskImage empty() {
    return new DiskImage(Set.of(), Map.of(), Map.of());
  }

  /** None if another thread of the engine removed or renamed a file meanwhile. */
  private static Optional<DiskImage> tryToRead(Path root, DiskImage previous) throws IOException {
    try {
      return Optional.of(read(root, previous));
    } catch (NoSuchFileException e) {
      return Optional.empty();
    }
  }

  private static DiskImage read(Path root, DiskImage previous) throws IOException {
    Set<String> directories = new TreeSet<>();
    Map<String, Inode> names = new TreeMap<>();
    Map<Inode, FilePages> files = new HashMap<>();
    for (Path path : list(root)) {
      String name = root.relativize(path).toString();
      BasicFileAttributes attributes = Files.readAttributes(path, BasicFileAttributes.class);
      if (attributes.isDirectory()) {
        directories.add(name);
      } else {
        Inode inode =
            new Inode(
                String.valueOf(attributes.fileKey()),
                attributes.creationTime().to(TimeUnit.NANOSECONDS));
        names.put(name, inode);
        FilePages before = previous.files().getOrDefault(inode, FilePages.NONE);
        files.put(inode, FilePages.of(Files.readAllBytes(path), before));
      }
    }
    return new DiskImage(directories, names, files);
  }

  private static Iterable<Path> list(Path root) throws IOException {
    try (Stream<Path> paths = Files.walk(root)) {
      return paths.filter(path -> !path.equals(root)).toList();
    } catch (UncheckedIOException e) {
      throw e.getCause();
    }
  }

  /** Makes the files of an empty or missing directory what this image says. */
  void writeTo(Path root) {
    try {
      Files.createDirectories(root);
      for (String directory : directories) {
        Files.createDirectories(root.resolve(directory));
      }
      for (String name : names.keySet()) {
        Path path = root.resolve(name);
        Files.createDirectories(path.toAbsolutePath().getParent());
        Files.write(path, file(name).bytes());
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** This with a file, or with the names in a directory, as another image has them. */
  DiskImage withSynced(String name, DiskImage now) {
    Map<Inode, FilePages> syncedFiles = new HashMap<>(files);
    Map<String, Inode> syncedNames = new TreeMap<>(names);
    Set<String> syncedDirectories = new TreeSet<>(directories);
    if (now.names().containsKey(name)) {
      syncedFiles.put(now.names().get(name), now.file(name));
    } else {
      syncedNames.keySet().removeIf(each -> isIn(name, each));
      syncedDirectories.removeIf(each -> isIn(name, each));
      now.names()
          .forEach((each, inode) -> {
            if (isIn(name, each)) {
              syncedNames.put(each, inode);
            }
          });
      now.directories().stream().filter(each -> isIn(name, each)).forEach(syncedDirectories::add);
    }
    return new DiskImage(syncedDirectories, syncedNames, syncedFiles);
  }

  /** This with some pages as another image has them, of files that are in both. */
  DiskImage withPagesOf(DiskImage other, CommitPages wanted) {
    Map<Inode, FilePages> changed = new HashMap<>(files);
    names.forEach((name, inode) -> {
      FilePages before = other.files().get(inode);
      if (before != null) {
        changed.put(inode, file(name).withPagesOf(before, page -> wanted.contains(name, page)));
      }
    });
    return new DiskImage(directories, names, changed);
  }

  private static boolean isIn(String directory, String name) {
    int slash = name.lastIndexOf('/');
    return name.substring(0, Math.max(0, slash)).equals(directory);
  }

  /** What the file of a name holds. */
  FilePages file(String name) {
    return files.getOrDefault(names.get(name), FilePages.NONE);
  }

  /** Whether all names are the same and all files hold the same bytes, whatever their inodes. */
  boolean sameBytes(DiskImage other) {
    return names.keySet().equals(other.names.keySet())
        && names.keySet().stream()
            .allMatch(name -> Arrays.equals(file(name).bytes(), other.file(name).bytes()));
  }
}
