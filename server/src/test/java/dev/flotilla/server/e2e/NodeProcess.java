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

  private static final Duration READY_WITHIN = Duration.ofSeconds(60);
  private static final Pattern READY =
      Pattern.compile("ready.*PLAINTEXT://127\\.0\\.0\\.1:(\\d+).*http://127\\.0\\.0\\.1:(\\d+)");

  private final Path directory;
  private final Map<String, String> settings;
  private Process process;
  private int port;
  private int metricsPort;

  private NodeProcess(Path directory, Map<String, String> settings) {
    this.directory = directory;
    this.settings = new TreeMap<>(settings);
    this.process = launch();
  }

  static NodeProcess start(Path directory, Map<String, String> settings) {
    return new NodeProcess(directory, settings);
  }

  String bootstrap() {
    return "127.0.0.1:" + port;
  }

  int metricsPort() {
    return metricsPort;
  }

  /** Where the process writes its log. */
  Path log() {
    return directory.resolve("node.log");
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

  void startAgain() {
    settings.put("listeners", "PLAINTEXT://127.0.0.1:" + port);
    process = launch();
  }

  private Process launch() {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(List.of("-Xmx512m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1"));
    command.addAll(List.of("--enable-native-access=ALL-UNNAMED", "-cp"));
    command.add(System.getProperty("java.class.path"));
    command.addAll(List.of("dev.flotilla.server.cli.Main", "server"));
    Map<String, String> all = new TreeMap<>();
    all.put("listeners", "PLAINTEXT://127.0.0.1:0");
    all.put("metrics.listener", "127.0.0.1:0");
    all.put("log.dirs", directory.resolve("data").toString());
    all.putAll(settings);
    all.forEach((key, value) -> command.addAll(List.of("--set", key + "=" + value)));
    try {
      Files.createDirectories(directory);
      Process started =
          new ProcessBuilder(command)
              .redirectError(ProcessBuilder.Redirect.appendTo(log().toFile()))
              .start();
      Matcher ready = awaitReady(started);
      port = Integer.parseInt(ready.group(1));
      metricsPort = Integer.parseInt(ready.group(2));
      return started;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private Matcher awaitReady(Process started) {
    CompletableFuture<Matcher> ready = new CompletableFuture<>();
    Thread.ofVirtual()
        .start(() -> {
          try (BufferedReader out = started.inputReader(StandardCharsets.UTF_8)) {
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
        });
    try {
      return ready.get(READY_WITHIN.toSeconds(), TimeUnit.SECONDS);
    } catch (InterruptedException | ExecutionException | TimeoutException e) {
      started.destroyForcibly();
      throw new AssertionError("no ready node, see " + log() + ":\n" + tail(), e);
    }
  }

  private String tail() {
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
