package dev.flotilla.server.testing;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.UUID;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/** The files of replicas of partitions in a node's data directory, and what may happen to them. */
public final class ReplicaFiles {

  private static final Pattern UUIDS =
      Pattern.compile("[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}");
  private static final int PAGE = 4096;

  private final Path data;

  /** Of a node that does not run, or whose files go bad while it runs. */
  public ReplicaFiles(Path dataDirectory) {
    this.data = dataDirectory.resolve("data");
  }

  /** The first page of the oldest segment with entries becomes noise. */
  public void garbleFirstEntries(UUID group) {
    Path segment =
        list(log(group)).stream()
            .filter(file -> name(file).endsWith(".segment"))
            .min(Comparator.naturalOrder())
            .orElseThrow();
    byte[] bytes = read(segment);
    for (int i = 0; i < Math.min(PAGE, bytes.length); i++) {
      bytes[i] ^= 0x5A;
    }
    write(segment, bytes);
  }

  public void deleteManifests(UUID group) {
    list(log(group)).stream()
        .filter(file -> name(file).startsWith("manifest"))
        .forEach(ReplicaFiles::delete);
  }

  public void zeroVotes(UUID group) {
    list(directory(group)).stream()
        .filter(file -> name(file).startsWith("vote"))
        .forEach(file -> {
          byte[] bytes = read(file);
          Arrays.fill(bytes, (byte) 0);
          write(file, bytes);
        });
  }

  /** All but the log. */
  public void deleteDirectory(UUID group) {
    list(directory(group)).forEach(ReplicaFiles::delete);
    delete(directory(group));
  }

  private Path directory(UUID group) {
    return data.resolve("replicas").resolve(group.toString());
  }

  /** The log that the replica's descriptor names: the other id in it is its group's. */
  private Path log(UUID group) {
    String descriptor =
        new String(read(directory(group).resolve("descriptor")), StandardCharsets.ISO_8859_1);
    String id =
        UUIDS
            .matcher(descriptor)
            .results()
            .map(match -> match.group())
            .filter(found -> !found.equals(group.toString()))
            .findFirst()
            .orElseThrow();
    return data.resolve("engines/mmap").resolve(id);
  }

  private static String name(Path file) {
    return String.valueOf(file.getFileName());
  }

  private static List<Path> list(Path directory) {
    try (Stream<Path> files = Files.list(directory)) {
      return files.toList();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static byte[] read(Path file) {
    try {
      return Files.readAllBytes(file);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static void write(Path file, byte[] bytes) {
    try {
      Files.write(file, bytes);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static void delete(Path file) {
    try {
      Files.delete(file);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
