package dev.flotilla.server.local;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;
import java.util.regex.Pattern;

/**
 * A node in a process of its own, started from this one. All it writes is appended to its log file,
 * so nothing breaks when this process ends first.
 *
 * <p>Any thread may call any method.
 */
public final class NodeProcess {

  private static final Duration LOOK_EVERY = Duration.ofMillis(50);
  private static final Pattern READY_LINE = Pattern.compile("node \\d+ is ready: .*");
  private static final String REASON = "flotilla: ";

  private final Process process;
  private final LogTail log;

  /** How a start ended. */
  public sealed interface Start {
    /** It serves clients; the line says how it is reached. */
    record Ready(String line) implements Start {}

    /** It ended, for a reason in one line. */
    record Ended(int status, String reason) implements Start {}

    /** It is still starting. */
    record Late() implements Start {}
  }

  private NodeProcess(Process process, LogTail log) {
    this.process = process;
    this.log = log;
  }

  /**
   * Starts one.
   *
   * @param flags more flags for its JVM
   * @param arguments of {@code flotilla}
   * @param log what it writes is appended here; the directory is created
   */
  public static NodeProcess start(List<String> flags, List<String> arguments, Path log)
      throws LocalFailure {
    try {
      Files.createDirectories(log.toAbsolutePath().getParent());
      LogTail tail = LogTail.atEndOf(log);
      Process process =
          new ProcessBuilder(JavaCommand.of(flags, arguments))
              .redirectInput(Path.of("/dev/null").toFile())
              .redirectErrorStream(true)
              .redirectOutput(ProcessBuilder.Redirect.appendTo(log.toFile()))
              .start();
      return new NodeProcess(process, tail);
    } catch (IOException e) {
      throw new LocalFailure("no process can be started: " + e.getMessage(), e);
    }
  }

  public long pid() {
    return process.pid();
  }

  public boolean isAlive() {
    return process.isAlive();
  }

  /** Completes with its exit status when it ends; 128 and the signal's number if one ended it. */
  public CompletableFuture<Integer> ended() {
    return process.onExit().thenApply(Process::exitValue);
  }

  /** Waits until the start ended one way or the other, or for so long. */
  public Start awaitStart(Duration atMost) throws InterruptedException {
    long deadline = System.nanoTime() + atMost.toNanos();
    while (true) {
      boolean ended = process.waitFor(LOOK_EVERY.toMillis(), TimeUnit.MILLISECONDS);
      List<String> lines = newLines();
      Optional<String> ready =
          lines.stream().filter(line -> READY_LINE.matcher(line).matches()).findFirst();
      if (ready.isPresent()) {
        return new Start.Ready(ready.get());
      }
      if (ended) {
        return new Start.Ended(process.exitValue(), reason(lines));
      }
      if (System.nanoTime() - deadline > 0) {
        return new Start.Late();
      }
    }
  }

  private List<String> newLines() {
    try {
      return log.lines();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private String reason(List<String> lines) {
    return last(lines, line -> line.startsWith(REASON))
        .map(line -> line.substring(REASON.length()))
        .orElseGet(() ->
            "it ended with status %d; the last it wrote: %s"
                .formatted(
                    process.exitValue(), last(lines, line -> !line.isBlank()).orElse("nothing")));
  }

  private static Optional<String> last(List<String> lines, Predicate<String> which) {
    return lines.stream().filter(which).reduce((first, second) -> second);
  }

  /** The last lines it wrote, at most so many. */
  public List<String> lastLines(int count) {
    List<String> lines = new ArrayList<>(newLines());
    return lines.subList(Math.max(0, lines.size() - count), lines.size());
  }

  /** Asks it to stop, with SIGTERM. */
  public void stop() {
    process.destroy();
  }

  /** Ends it, with SIGKILL. */
  public void kill() {
    process.destroyForcibly();
  }
}
