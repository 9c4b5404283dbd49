package dev.flotilla.benchmarks.jmh;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;

/**
 * An empty directory on the disk that is measured, named by the system property {@value #PROPERTY};
 * the directory for temporary files when it is not set. Removed with all that is in it when it is
 * closed.
 */
public final class Scratch implements AutoCloseable {

  /** Names the directory below which all benchmarks write. */
  public static final String PROPERTY = "flotilla.bench.dir";

  private final Path path;

  Scratch() {
    try {
      Path parent = Path.of(System.getProperty(PROPERTY, System.getProperty("java.io.tmpdir")));
      Files.createDirectories(parent);
      this.path = Files.createTempDirectory(parent, "flotilla-bench-");
    } catch (IOException e) {
      throw new UncheckedIOException("no directory to measure in", e);
    }
  }

  Path path() {
    return path;
  }

  /** The length of all files in it. */
  long bytes() {
    try (Stream<Path> files = Files.walk(path)) {
      long bytes = 0;
      for (Path file : files.filter(Files::isRegularFile).toList()) {
        bytes += Files.size(file);
      }
      return bytes;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Override
  public void close() {
    try (Stream<Path> files = Files.walk(path)) {
      List<Path> deepestFirst = files.sorted(Comparator.reverseOrder()).toList();
      for (Path file : deepestFirst) {
        Files.deleteIfExists(file);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(path + " cannot be removed", e);
    }
  }
}
