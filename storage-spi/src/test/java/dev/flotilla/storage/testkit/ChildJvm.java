package dev.flotilla.storage.testkit;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;

/**
 * A small Java process on this one's class path, whose output is read line by line. It lives for a
 * minute or two at most: a watchdog kills it then, so that whoever reads from a child that hangs
 * sees the end of its output. Used by one thread.
 */
public final class ChildJvm implements AutoCloseable {

  /** Long enough for a child beside a busy machine's other work. */
  private static final int LIMIT_SECONDS = 120;

  private final Process process;
  private final BufferedReader lines;

  /** Completes when the process has ended, or was ended because its time was up. */
  private final CompletableFuture<Process> watchdog;

  private ChildJvm(Process process) {
    this.process = process;
    this.lines =
        new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8));
    this.watchdog =
        process
            .onExit()
            .orTimeout(LIMIT_SECONDS, TimeUnit.SECONDS)
            .whenComplete((_, _) -> process.toHandle().destroyForcibly());
  }

  /** Starts a class's main method; what it writes to stderr goes to this process's. */
  public static ChildJvm start(List<String> flags, Class<?> main, String... arguments)
      throws IOException {
    return startUnder(List.of(), flags, main, arguments);
  }

  /** The same, run by another program, whose command line comes first. */
  static ChildJvm startUnder(
      List<String> program, List<String> flags, Class<?> main, String... arguments)
      throws IOException {
    List<String> command = new ArrayList<>(program);
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(List.of("-Xmx128m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1"));
    command.addAll(flags);
    command.addAll(List.of("-cp", System.getProperty("java.class.path"), main.getName()));
    command.addAll(List.of(arguments));
    return new ChildJvm(
        new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.INHERIT).start());
  }

  /** Waits for the next line of the output; none when the child is dead and all was read. */
  public Optional<String> line() throws IOException {
    return Optional.ofNullable(lines.readLine());
  }

  /** All that is left of the output; waits for the child's end. */
  public String output() {
    return lines.lines().collect(Collectors.joining("\n"));
  }

  /**
   * Sends SIGKILL and waits for the end. What the child wrote before can be read afterwards, which
   * {@link Process#destroyForcibly} would prevent.
   */
  public void kill() throws Exception {
    process.toHandle().destroyForcibly();
    if (!process.waitFor(30, TimeUnit.SECONDS)) {
      throw new AssertionError("process " + process.pid() + " does not die");
    }
  }

  @Override
  public void close() {
    process.destroyForcibly();
    watchdog.cancel(true);
  }
}
