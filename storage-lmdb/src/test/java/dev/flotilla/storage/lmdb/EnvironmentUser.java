package dev.flotilla.storage.lmdb;

import dev.flotilla.storage.Digest;
import dev.flotilla.storage.Entry;
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
import java.util.stream.Stream;

/**
 * A program that does to all logs of an environment what an engine's users do, in a process that
 * may crash of it. It takes every environment for too large to be checked when it is opened.
 */
final class EnvironmentUser {

  /** A setting that makes every environment one that is not checked without a reason. */
  static final Map<String, String> UNCHECKED = Map.of("check.max.bytes", "0");

  /** What it prints where something is not as it was written, and nobody said so. */
  static final String WRONG = "WRONG: ";

  static final String USE = "use";
  static final String WAIT = "wait";
  static final String CRASH = "crash";

  private EnvironmentUser() {}

  /** Runs it; what it prints, with what the JVM prints of a crash. */
  static String run(Path reports, Path... directories) throws IOException {
    try (ChildJvm user = start(reports, USE, directories)) {
      return user.output();
    }
  }

  /** Starts it; told to wait, it has the first environment open until it is killed. */
  static ChildJvm start(Path reports, String then, Path... directories) throws IOException {
    List<String> flags = new ArrayList<>(JvmFlags.all());
    flags.add("-XX:-CreateCoredumpOnCrash");
    // A crash may leave the JVM no memory that is in order to write of it.
    flags.add("-XX:ErrorLogTimeout=10");
    flags.add("-XX:ErrorFile=" + reports.resolve("report-%p"));
    List<String> arguments = new ArrayList<>(List.of(then));
    Stream.of(directories).map(Path::toString).forEach(arguments::add);
    return ChildJvm.start(flags, EnvironmentUser.class, arguments.toArray(String[]::new));
  }

  /**
   * Arguments: what to do when one is open, then the directories of engines, one after the other.
   */
  public static void main(String[] arguments) throws Throwable {
    for (int i = 1; i < arguments.length; i++) {
      try (LmdbEngine engine = Engines.open(Path.of(arguments[i]), Device.REAL, UNCHECKED)) {
        System.out.println("opened");
        if (arguments[0].equals(WAIT)) {
          System.in.read();
        } else if (arguments[0].equals(CRASH)) {
          Libc.crash();
        }
        use(engine);
      } catch (StorageException e) {
        System.out.println("failed: " + e.getMessage());
      }
      System.out.println("closed");
    }
  }

  private static void use(LmdbEngine engine) {
    List<LogStore> logs = new ArrayList<>();
    engine.logs().forEach(id -> attempt(() -> logs.add(engine.open(id))));
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

  private interface Attempt {
    void run() throws Exception;
  }

  private static void attempt(Attempt attempt) {
    try {
      attempt.run();
    } catch (StorageException e) {
      System.out.println("failed: " + e.getMessage());
    } catch (Exception e) {
      boolean isSaid = e.getCause() instanceof StorageException;
      System.out.println((isSaid ? "failed: " : WRONG) + e);
      if (!isSaid) {
        e.printStackTrace(System.out);
      }
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
        System.out.println(WRONG + "entry " + header.index() + " of " + log.base());
      }
      digests.put(header.index(), digest);
    }
  }
}
