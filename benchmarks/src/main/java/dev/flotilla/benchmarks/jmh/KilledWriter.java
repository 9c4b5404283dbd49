package dev.flotilla.benchmarks.jmh;

import dev.flotilla.benchmarks.subject.EngineLog;
import dev.flotilla.benchmarks.subject.SubjectContext;
import dev.flotilla.benchmarks.subject.Subjects;
import dev.flotilla.storage.FlushMode;
import dev.flotilla.storage.LogId;
import dev.flotilla.storage.StorageEngine;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;

/**
 * Appends to a log of an engine in a process of its own, which is then killed: what it wrote is
 * left as kill -9 leaves it, in the page cache and not synced.
 */
final class KilledWriter {

  static final int PAYLOAD_BYTES = 1024;

  private static final int DONE = 'D';

  private KilledWriter() {}

  /** Runs in the process that is killed: ENGINE DIRECTORY LOG BYTES. */
  public static void main(String[] arguments) throws IOException {
    SubjectContext context = new SubjectContext(Path.of(arguments[1]), FlushMode.UNSAFE_OS);
    StorageEngine engine = Subjects.engine(arguments[0]).open(Subjects.engineContext(context));
    EngineLog log = new EngineLog(engine.open(new LogId(UUID.fromString(arguments[2]))));
    FilledLog.fill(log, PAYLOAD_BYTES, Long.parseLong(arguments[3]) / PAYLOAD_BYTES);
    System.out.write(DONE);
    System.out.flush();
    System.in.read();
  }

  /** Appends bytes to a log that nobody has open, and dies. */
  static void append(String engine, Path directory, LogId log, long bytes) {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    for (String flag : ManagementFactory.getRuntimeMXBean().getInputArguments()) {
      if (flag.startsWith("--")) {
        command.add(flag);
      }
    }
    command.addAll(List.of("-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "-Xmx256m", "-cp"));
    command.add(System.getProperty("java.class.path"));
    command.add(KilledWriter.class.getName());
    command.addAll(List.of(engine, directory.toString(), log.toString(), Long.toString(bytes)));
    try {
      Process process =
          new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.INHERIT).start();
      int said = process.getInputStream().read();
      // SIGKILL.
      process.destroyForcibly().waitFor();
      if (said != DONE) {
        throw new IllegalStateException("the writer ended before it had written: " + command);
      }
    } catch (IOException e) {
      throw new IllegalStateException("no writer can be started: " + command, e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("interrupted while a writer writes", e);
    }
  }
}
