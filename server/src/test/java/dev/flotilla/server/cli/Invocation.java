package dev.flotilla.server.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * A process of {@code flotilla} with what it writes; it is ended at the latest by {@link #close}.
 */
final class Invocation implements AutoCloseable {

  private final Process process;
  private final Path out;
  private final Path err;

  private Invocation(Process process, Path out, Path err) {
    this.process = process;
    this.out = out;
    this.err = err;
  }

  /** Starts one with the flags that {@code bin/flotilla} gives the JVM. */
  static Invocation start(String... arguments) {
    return start(
        List.of(
            "--enable-native-access=ALL-UNNAMED",
            "--sun-misc-unsafe-memory-access=allow",
            "--add-opens=java.base/java.nio=ALL-UNNAMED",
            "--add-opens=java.base/sun.nio.ch=ALL-UNNAMED"),
        arguments);
  }

  /** The same with other flags. */
  static Invocation start(List<String> flags, String... arguments) {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(List.of("-Xmx256m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1"));
    command.addAll(flags);
    command.addAll(List.of("-cp", System.getProperty("java.class.path"), Main.class.getName()));
    command.addAll(List.of(arguments));
    try {
      Path out = Files.createTempFile("flotilla", ".out");
      Path err = Files.createTempFile("flotilla", ".err");
      Process process =
          new ProcessBuilder(command)
              .redirectOutput(out.toFile())
              .redirectError(err.toFile())
              .start();
      return new Invocation(process, out, err);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  long pid() {
    return process.pid();
  }

  boolean isAlive() {
    return process.isAlive();
  }

  /** SIGTERM. */
  void stop() {
    process.destroy();
  }

  /** SIGKILL. */
  void kill() {
    process.destroyForcibly();
  }

  /** Waits until it ends by itself; its status. */
  int status() throws InterruptedException {
    assertThat(process.waitFor(90, TimeUnit.SECONDS)).as("ended by itself").isTrue();
    return process.exitValue();
  }

  String out() {
    return read(out);
  }

  /** What it wrote to stderr. */
  List<String> errors() {
    return read(err)
        .lines()
        // The JVM's own, about what libraries do.
        .filter(line -> !line.startsWith("WARNING: "))
        .toList();
  }

  private static String read(Path file) {
    try {
      return Files.readString(file, StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Override
  public void close() throws IOException {
    process.destroyForcibly();
    process.onExit().join();
    Files.delete(out);
    Files.delete(err);
  }
}
