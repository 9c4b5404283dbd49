package dev.flotilla.storage.mmap;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;

/** What this process has open and mapped of the files below a directory, and of no others. */
record OpenResources(Path directory) {

  long maps() throws IOException {
    try (Stream<String> lines = Files.lines(Path.of("/proc/self/maps"))) {
      return lines.filter(line -> line.contains(directory.toString())).count();
    }
  }

  long files() throws IOException {
    return files(directory.toString());
  }

  /** Those whose path contains a text. */
  long files(String text) throws IOException {
    long count = 0;
    try (Stream<Path> files = Files.list(Path.of("/proc/self/fd"))) {
      for (Path file : files.toList()) {
        String target = target(file);
        count += target.contains(directory.toString()) && target.contains(text) ? 1 : 0;
      }
    }
    return count;
  }

  private static String target(Path link) {
    try {
      return Files.readSymbolicLink(link).toString();
    } catch (IOException closedMeanwhile) {
      return "";
    }
  }
}
