package dev.flotilla.server.e2e;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A node in a process of its own, as {@code bin/flotilla server} starts it, on free loopback ports.
 * After a kill it starts again on the same port and data.
 */
final class NodeProcess implements AutoCloseable {

  private static final Duration READY_WITHIN = Duration.ofMinutes(2);
  private static final Pattern READY =
      Pattern.compile("ready.*PLAINTEXT://127\\.0\\.0\\.1:(\\d+).*http://127\\.0\\.0\\.1:(\\d+)");

  /** As in {@code bin/flotilla}. */
  private static final List<String> FLAGS =
      List.of(
          "--enable-native-access=ALL-UNNAMED",
          "--sun-misc-unsafe-memory-access=allow",
          "--add-opens=java.base/java.nio=ALL-UNNAMED",
          "--add-opens=java.base/sun.nio.ch=ALL-UNNAMED");

  private final Path directory;
  private final Map<String, String> settings;
  private final String classPath;
  private Process process;
  private CompletableFuture<Matcher> ready;
  private int port;
  private int metricsPort;

  private NodeProcess(Path directory, Map<String, String> settings, String classPath) {
    this.directory = directory;
    this.classPath = classPath;
    this.settings = new TreeMap<>(settings);
    launch();
  }

  /** Starts one and waits until it is ready. */
  static NodeProcess start(Path directory, Map<String, String> settings) {
    NodeProcess node = launch(directory, settings);
    node.awaitReady();
    return node;
  }

  /** Starts one that finds jars in a plugins directory, and waits until it is ready. */
  static NodeProcess start(Path directory, Map<String, String> settings, Path plugins) {
    NodeProcess node = new NodeProcess(directory, settings, ownClassPath() + ":" + plugins + "/*");
    node.awaitReady();
    return node;
  }

  /** Starts one; {@link #awaitReady} follows. */
  static NodeProcess launch(Path directory, Map<String, String> settings) {
    return new NodeProcess(directory, settings, ownClassPath());
  }

  private static String ownClassPath() {
    return System.getProperty("java.class.path");
  }

  String bootstrap() {
    return "127.0.0.1:" + port;
  }

  int metricsPort() {
    return metricsPort;
  }

  long pid() {
    return process.pid();
  }

  boolean isAlive() {
    return process.isAlive();
  }

  /** Where the process writes its log. */
  Path log() {
    return directory.resolve("node.log");
  }

  /** Where it keeps its data. */
  Path data() {
    return directory.resolve("data");
  }

  /** Sets a key from the next start on. */
  void configure(String key, String value) {
    settings.put(key, value);
  }

  /** Where the JVM writes a report when it crashes. */
  Path crashes() {
    return directory.resolve("crashes");
  }

  /** SIGKILL. */
  void kill() {
    process.destroyForcibly();
    process.onExit().join();
  }

  /** SIGTERM; the exit status. */
  int stop() {
    process.destroy();
    try {
      return process.onExit().get(60, TimeUnit.SECONDS).exitValue();
    } catch (InterruptedException | ExecutionException | TimeoutException e) {
      throw new AssertionError("the node did not stop within 60 s, see " + log(), e);
    }
  }

  /** SIGSTOP: it holds still, with its connections open. */
  void pause() {
    signal("STOP");
  }

  /** SIGCONT. */
  void resume() {
    signal("CONT");
  }

  private void signal(String name) {
    try {
      int status =
          new ProcessBuilder("kill", "-" + name, Long.toString(process.pid()))
              .inheritIO()
              .start()
              .waitFor();
      if (status != 0) {
        throw new AssertionError("kill -" + name + " ended with " + status);
      }
    } catch (IOException | InterruptedException e) {
      throw new AssertionError(e);
    }
  }

  /** Starts it on the same ports and data, and waits until it is ready. */
  void startAgain() {
    launchAgain();
    awaitReady();
  }

  /** Starts it on the same ports and data; {@link #awaitReady} follows. */
  void launchAgain() {
    settings.put("listeners", "PLAINTEXT://127.0.0.1:" + port);
    launch();
  }

  private void launch() {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(List.of("-Xmx256m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1"));
    command.addAll(FLAGS);
    command.add("-XX:-CreateCoredumpOnCrash");
    command.add("-XX:ErrorFile=" + crashes().resolve("report-%p"));
    command.add("-cp");
    command.add(classPath);
    command.addAll(List.of("dev.flotilla.server.cli.Main", "server"));
    // Whatever ends the test ends the node.
    command.addAll(List.of("--parent", Long.toString(ProcessHandle.current().pid())));
    Map<String, String> all = new TreeMap<>();
    all.put("listeners", "PLAINTEXT://127.0.0.1:0");
    all.put("metrics.listener", "127.0.0.1:0");
    all.put("log.dirs", data().toString());
    all.putAll(settings);
    all.forEach((key, value) -> command.addAll(List.of("--set", key + "=" + value)));
    try {
      Files.createDirectories(crashes());
      process =
          new ProcessBuilder(command)
              .redirectError(ProcessBuilder.Redirect.appendTo(log().toFile()))
              .start();
      ready = new CompletableFuture<>();
      Thread.ofVirtual().start(() -> read(process, ready));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static void read(Process process, CompletableFuture<Matcher> ready) {
    try (BufferedReader out = process.inputReader(StandardCharsets.UTF_8)) {
      for (String line = out.readLine(); line != null; line = out.readLine()) {
        Matcher matcher = READY.matcher(line);
        if (matcher.find()) {
          ready.complete(matcher);
        }
      }
      ready.completeExceptionally(new IOException("the node ended before it was ready"));
    } catch (IOException e) {
      ready.completeExceptionally(e);
    }
  }

  void awaitReady() {
    try {
      Matcher matcher = ready.get(READY_WITHIN.toSeconds(), TimeUnit.SECONDS);
      port = Integer.parseInt(matcher.group(1));
      metricsPort = Integer.parseInt(matcher.group(2));
    } catch (InterruptedException | ExecutionException | TimeoutException e) {
      process.destroyForcibly();
      throw new AssertionError("no ready node, see " + log() + ":\n" + tail(), e);
    }
  }

  /** The last of its log. */
  String tail() {
    try {
      List<String> lines = Files.readAllLines(log());
      return String.join("\n", lines.subList(Math.max(0, lines.size() - 60), lines.size()));
    } catch (IOException e) {
      return e.toString();
    }
  }

  @Override
  public void close() {
    if (process.isAlive()) {
      kill();
    }
  }
}
