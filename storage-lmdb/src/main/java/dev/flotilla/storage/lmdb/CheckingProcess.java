package dev.flotilla.storage.lmdb;

import dev.flotilla.storage.lmdb.EnvironmentCheck.Verdict;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Checks all pages of an environment in a process of its own, and has LMDB read all keys there. If
 * that ends the process it is not this one. {@link CheckMain} is what runs.
 */
final class CheckingProcess {

  private static final Logger LOG = LoggerFactory.getLogger(CheckingProcess.class);

  static final String BEGUN = "begun";
  static final String GOOD = "good";
  static final String FOREIGN = "foreign ";
  static final String DAMAGED = "damaged ";

  /** SIGILL, SIGABRT, SIGBUS, SIGFPE, SIGSEGV. */
  private static final Set<Integer> CRASHES = Set.of(132, 134, 135, 136, 139);

  /** What a JVM that dumps no core writes of such a signal, before it ends with status 1. */
  private static final String SIGNAL = "#  SIG";

  /** Settings of this process without which the other may not find LMDB. */
  private static final List<String> PASSED_ON =
      List.of("java.io.tmpdir", "lmdbjava.extract.dir", "lmdbjava.native.lib");

  private static final int MOST_LINES = 100;

  private CheckingProcess() {}

  /**
   * Checks a file that nobody has open. It takes as long as it takes to read the file's trees,
   * about a page for each. Where the process comes to no verdict, this one looks at the pages,
   * without LMDB.
   *
   * @throws IOException if the file cannot be read, or the thread is interrupted
   */
  static Verdict check(Path file) throws IOException {
    return check(file, System.getProperty("java.class.path"));
  }

  /** The same, told the class path of the process. */
  static Verdict check(Path file, String classPath) throws IOException {
    long started = System.nanoTime();
    Optional<Verdict> found = ask(file, classPath);
    if (found.isEmpty()) {
      LOG.warn("No process could check {}: its pages are checked here", file);
    }
    Verdict verdict =
        found.isPresent() ? found.get() : EnvironmentCheck.check(file, Long.MAX_VALUE);
    LOG.info(
        "All pages of {} were checked in {} ms", file, (System.nanoTime() - started) / 1_000_000);
    return verdict;
  }

  /** What the process says, if it says anything. */
  private static Optional<Verdict> ask(Path file, String classPath) throws InterruptedIOException {
    Process process;
    try {
      process = start(file, classPath);
    } catch (IOException e) {
      LOG.warn("No process can be started", e);
      return Optional.empty();
    }
    try {
      List<String> lines = lines(process);
      int exit = exit(process);
      Optional<Verdict> verdict = verdict(lines, exit);
      if (verdict.isEmpty()) {
        LOG.warn("The process that checked {} ended with status {}: {}", file, exit, lines);
      }
      return verdict;
    } finally {
      process.destroyForcibly();
    }
  }

  private static Process start(Path file, String classPath) throws IOException {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(List.of("-Xmx256m", "-XX:+UseSerialGC", "-XX:+ExitOnOutOfMemoryError"));
    command.addAll(List.of("-XX:-CreateCoredumpOnCrash", "-XX:ErrorFile=/dev/null"));
    // A crash may leave the JVM no memory that is in order to write of it.
    command.add("-XX:ErrorLogTimeout=10");
    command.addAll(JvmFlags.all());
    for (String name : PASSED_ON) {
      String value = System.getProperty(name);
      if (value != null) {
        command.add("-D" + name + "=" + value);
      }
    }
    command.addAll(List.of("-cp", classPath));
    command.addAll(List.of(CheckMain.class.getName(), file.toAbsolutePath().toString()));
    return new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.DISCARD).start();
  }

  /** What it writes until it ends, or closes its output. */
  private static List<String> lines(Process process) {
    try (BufferedReader output = process.inputReader(StandardCharsets.UTF_8)) {
      return output.lines().limit(MOST_LINES).toList();
    } catch (IOException | UncheckedIOException e) {
      return List.of();
    }
  }

  private static int exit(Process process) throws InterruptedIOException {
    try {
      return process.waitFor();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new InterruptedIOException("interrupted while an environment was checked");
    }
  }

  /** What it has said, or how it ended while LMDB read the file. */
  private static Optional<Verdict> verdict(List<String> lines, int exit) {
    if (lines.isEmpty() || !lines.getFirst().equals(BEGUN)) {
      return Optional.empty();
    }
    for (String line : lines) {
      if (line.equals(GOOD)) {
        return Optional.of(new Verdict.Good());
      }
      if (line.startsWith(DAMAGED)) {
        return Optional.of(new Verdict.Damaged(line.substring(DAMAGED.length())));
      }
      if (line.startsWith(FOREIGN)) {
        return Optional.of(new Verdict.Foreign(line.substring(FOREIGN.length())));
      }
    }
    Optional<String> signal = lines.stream().filter(line -> line.startsWith(SIGNAL)).findFirst();
    if (CRASHES.contains(exit) || signal.isPresent()) {
      return Optional.of(
          new Verdict.Damaged(
              "LMDB, which read it, ended the process: "
                  + signal.map(line -> line.substring(1).strip()).orElse("status " + exit)));
    }
    return Optional.empty();
  }
}
