package dev.flotilla.storage.lmdb;

import dev.flotilla.storage.Digest;
import dev.flotilla.storage.Entry;
import dev.flotilla.storage.LogId;
import dev.flotilla.storage.LogStore;
import dev.flotilla.storage.StorageException;
import dev.flotilla.storage.testkit.ChildJvm;
import dev.flotilla.storage.testkit.TestEntries;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * A program that does to all logs of an environment what an engine's users do, in a process that
 * may crash of it. It takes every environment for too large to be checked when it is opened.
 */
final class EnvironmentUser {

  /** A setting that makes every environment one that is not checked without a reason. */
  static final Map<String, String> UNCHECKED = Map.of("check.max.bytes", "0");

  private EnvironmentUser() {}

  /** Runs it; what it prints, with what LMDB and the JVM print of a crash. */
  static String run(Path directory, Path reports) throws IOException {
    try (ChildJvm user = start(directory, reports, "")) {
      return user.output();
    }
  }

  /** Starts it; with {@code "wait"} it has the environment open until it is killed. */
  static ChildJvm start(Path directory, Path reports, String then) throws IOException {
    List<String> flags = new ArrayList<>(JvmFlags.all());
    flags.add("-XX:-CreateCoredumpOnCrash");
    flags.add("-XX:ErrorFile=" + reports.resolve("report-%p"));
    return ChildJvm.start(flags, EnvironmentUser.class, directory.toString(), then);
  }

  /** Arguments: the engine's directory, what to do then. */
  public static void main(String[] arguments) throws Exception {
    try (LmdbEngine engine = Engines.open(Path.of(arguments[0]), Device.REAL, UNCHECKED)) {
      System.out.println("opened");
      if (arguments[1].equals("wait")) {
        System.in.read();
      }
      List<LogStore> logs = new ArrayList<>();
      Set<LogId> ids = engine.logs();
      ids.forEach(id -> attempt(() -> logs.add(engine.open(id))));
      for (LogStore log : logs) {
        attempt(() -> read(log));
        attempt(() -> Engines.append(log, TestEntries.behind(log, 1).several(50, 3000)));
        attempt(() -> Engines.await(log.dropPrefix(Engines.baseBehind(log, 100))));
      }
      for (LogStore log : logs) {
        attempt(() -> read(log));
        attempt(() -> Engines.append(log, TestEntries.behind(log, 2).several(50, 3000)));
      }
    }
    System.out.println("closed");
  }

  private interface Attempt {
    void run() throws Exception;
  }

  private static void attempt(Attempt attempt) {
    try {
      attempt.run();
    } catch (StorageException e) {
      System.out.println("failed: " + e.getMessage());
    } catch (Exception e) {
      System.out.println((e.getCause() instanceof StorageException ? "failed: " : "WRONG: ") + e);
    }
  }

  /** The digest of an entry follows from all payloads up to there. */
  private static void read(LogStore log) {
    Map<Long, Long> digests = new HashMap<>();
    digests.put(log.base().index(), log.base().digest());
    for (Entry entry : Engines.shown(log)) {
      var header = entry.header();
      long digest =
          Digest.next(
              digests.getOrDefault(header.index() - 1, 0L),
              header.index(),
              header.baseOffset(),
              header.offsetSpan(),
              entry.payload());
      if (digest != header.digest()) {
        System.out.println("WRONG: entry " + header.index() + " of " + log.base());
      }
      digests.put(header.index(), digest);
    }
  }
}
