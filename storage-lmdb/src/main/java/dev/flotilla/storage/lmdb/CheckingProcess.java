package dev.flotilla.storage.lmdb;

import dev.flotilla.storage.lmdb.EnvironmentCheck.Verdict;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;
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

  /**
   * SIGILL, SIGABRT, SIGBUS, SIGFPE, SIGSEGV; 1 of a JVM that has reported one and dumps no core.
   */
  private static final Set<Integer> CRASHES = Set.of(1, 132, 134, 135, 136, 139);

  private CheckingProcess() {}

  /**
   * Checks a file that nobody has open. It takes as long as it takes to read the file's trees,
   * about a page for each.
   *
   * @throws IOException if it came to no verdict, or the thread is interrupted
   */
  static Verdict check(Path file) throws IOException {
    return check(file, System.getProperty("java.class.path"));
  }

  /** The same, told the class path of the process. */
  static Verdict check(Path file, String classPath) throws IOException {
    long started = System.nanoTime();
    Process process = start(file, classPath);
    try {
      Verdict verdict = verdict(process, file);
      LOG.info(
          "All pages of {} were checked in {} ms", file, (System.nanoTime() - started) / 1_000_000);
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
    command.addAll(JvmFlags.all());
    command.addAll(List.of("-cp", classPath));
    command.addAll(List.of(CheckMain.class.getName(), file.toAbsolutePath().toString()));
    return new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.DISCARD).start();
  }

  private static Verdict verdict(Process process, Path file) throws IOException {
    try (BufferedReader lines = process.inputReader(StandardCharsets.UTF_8)) {
      if (!BEGUN.equals(lines.readLine())) {
        LOG.warn("No process could be started to check {}: it is checked here", file);
        return EnvironmentCheck.check(file, Long.MAX_VALUE);
      }
      return verdict(lines.readLine(), exit(process), file);
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

  /** What a line says; without one the exit status does. */
  private static Verdict verdict(@Nullable String line, int exit, Path file) throws IOException {
    if (GOOD.equals(line)) {
      return new Verdict.Good();
    }
    if (line != null && line.startsWith(DAMAGED)) {
      return new Verdict.Damaged(line.substring(DAMAGED.length()));
    }
    if (line != null && line.startsWith(FOREIGN)) {
      return new Verdict.Foreign(line.substring(FOREIGN.length()));
    }
    if (line == null && CRASHES.contains(exit)) {
      return new Verdict.Damaged("LMDB, which read it, ended the process, with status " + exit);
    }
    throw new IOException(
        "the process that checked %s ended with status %d: %s".formatted(file, exit, line));
  }
}
