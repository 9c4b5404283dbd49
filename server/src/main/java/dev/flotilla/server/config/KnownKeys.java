package dev.flotilla.server.config;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** Tells keys that Kafka knows from those that nobody does. */
final class KnownKeys {

  /** A proposal is made for a key that is at most so many edits away. */
  private static final int NEAR = 4;

  private final Set<String> kafkas;
  private final Set<String> own;

  KnownKeys(Set<String> own) {
    this.own = own;
    try (InputStream in = KnownKeys.class.getResourceAsStream("kafka-keys.txt")) {
      if (in == null) {
        throw new IllegalStateException("kafka-keys.txt is not on the class path");
      }
      kafkas =
          new String(in.readAllBytes(), StandardCharsets.UTF_8)
              .lines()
              .filter(line -> !line.startsWith("#"))
              .collect(Collectors.toSet());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Whether Kafka has or had it, by itself or for one listener. */
  boolean known(String key) {
    return own.contains(key) || kafkas.contains(key) || key.startsWith("listener.name.");
  }

  /** A known key that may have been meant. */
  Optional<String> nearest(String key) {
    return Stream.concat(own.stream(), kafkas.stream())
        .filter(known -> distance(key, known) <= NEAR)
        .min(
            Comparator.comparingInt((String known) -> distance(key, known))
                .thenComparing(Comparator.naturalOrder()));
  }

  /** Of some keys those without effect, sorted. */
  static List<String> withoutEffect(Set<String> keys) {
    return new TreeSet<>(keys)
        .stream()
            .filter(key -> !NodeKeys.served(key))
            .filter(key -> !key.startsWith(NodeKeys.ENGINE_PREFIX))
            .toList();
  }

  /** Levenshtein's distance: insertions, deletions and replacements from one to the other. */
  private static int distance(String from, String to) {
    int[] row = new int[to.length() + 1];
    for (int j = 0; j <= to.length(); j++) {
      row[j] = j;
    }
    for (int i = 1; i <= from.length(); i++) {
      int diagonal = row[0];
      row[0] = i;
      for (int j = 1; j <= to.length(); j++) {
        int replace = diagonal + (from.charAt(i - 1) == to.charAt(j - 1) ? 0 : 1);
        diagonal = row[j];
        row[j] = Math.min(replace, Math.min(row[j], row[j - 1]) + 1);
      }
    }
    return row[to.length()];
  }
}
