package dev.flotilla.benchmarks.run;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;

/** How the JVMs of benchmarks are started. */
final class Jvm {

  /** What a node runs with, and what baselines need of this JDK. Tests run with the same. */
  private static final String FLAGS = "jvm-flags";

  private Jvm() {}

  /** Arguments of a fork that measures in a directory. */
  static List<String> arguments(String directoryProperty, Path directory) {
    List<String> arguments = new ArrayList<>(flags());
    arguments.addAll(List.of("-Xms1g", "-Xmx1g", "-XX:+UseG1GC"));
    arguments.add("-D" + directoryProperty + "=" + directory);
    return arguments;
  }

  static List<String> flags() {
    try (InputStream flags = Jvm.class.getResourceAsStream(FLAGS)) {
      byte[] bytes = Objects.requireNonNull(flags, FLAGS).readAllBytes();
      return new String(bytes, StandardCharsets.UTF_8).lines().toList();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
