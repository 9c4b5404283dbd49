package dev.flotilla.storage.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.flotilla.storage.Digest;
import dev.flotilla.storage.EntryHeader;
import dev.flotilla.storage.LogBase;
import dev.flotilla.storage.LogId;
import dev.flotilla.storage.LogStore;
import dev.flotilla.storage.Slice;
import dev.flotilla.storage.StorageEngine;
import dev.flotilla.storage.StorageEngineFactory;
import dev.flotilla.storage.testkit.KilledWriter.Promise;
import dev.flotilla.storage.testkit.KilledWriter.Step;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * A process that is killed with SIGKILL at a random point of an append, a roll, a truncation, the
 * drop of a prefix, or the life of another log leaves all that an engine acknowledged to it. The
 * engine is the real one on a real file system, where the other tests of the kit make up what a
 * crash leaves.
 */
public abstract class StorageEngineKillTest {

  private static final List<Step> STEPS = List.of(Step.values());

  /** How many of a thread's syncs succeed. */
  private static final int SYNCS = 40;

  @TempDir Path directory;

  /** The engine under test; its class has a constructor without parameters, as a service has. */
  protected abstract StorageEngineFactory factory();

  /** What the engine asks of the JVM that it runs in. */
  protected List<String> jvmFlags() {
    return List.of();
  }

  @Test
  void shouldKeepWhatWasAcknowledgedBeforeAKill() {
    Map<Step, Integer> killedIn = new EnumMap<>(Step.class);
    Tries.withSeeds(1, 1, seed -> killOften(new SplittableRandom(seed), killedIn));
    System.out.println("killed in " + killedIn);
  }

  private void killOften(SplittableRandom random, Map<Step, Integer> killedIn) {
    LogId id = LogId.random();
    try (StorageEngine engine = EngineFixture.open(factory(), directory)) {
      engine.create(id, LogBase.ORIGIN);
    }
    for (int round = 0; round < Tries.of(5, 100); round++) {
      Promise promise = writeAndKill(id, random);
      killedIn.merge(promise.next(), 1, Integer::sum);
      try (StorageEngine engine = EngineFixture.open(factory(), directory)) {
        check(engine.open(id), promise, "round %d, killed in %s".formatted(round, promise.next()));
        deleteOthers(engine, id);
      }
    }
  }

  /** From a call on, the syncs of each thread fail. */
  @Test
  void shouldAcknowledgeNothingOnceSyncsFail() throws Exception {
    List<String> strace =
        List.of(
            "strace",
            "-f",
            "-qq",
            "-o",
            directory.resolve("strace").toString(),
            "-e",
            "trace=fsync,fdatasync",
            "-e",
            "inject=fsync,fdatasync:error=EIO:when=%d+".formatted(SYNCS));
    assumeTrue(runs(strace), "strace is not here, or may not trace: no sync can be made to fail");
    LogId id = LogId.random();
    Path engineDirectory = directory.resolve("engine");
    try (StorageEngine engine = EngineFixture.open(factory(), engineDirectory)) {
      engine.create(id, LogBase.ORIGIN);
    }
    Promise promise;
    try (ChildJvm writer =
        ChildJvm.startUnder(
            strace,
            flags(),
            KilledWriter.class,
            factory().getClass().getName(),
            engineDirectory.toString(),
            id.toString(),
            "1")) {
      // An engine may say there that it failed.
      promise =
          writer
              .output()
              .lines()
              .filter(Promise::isOne)
              .map(Promise::parse)
              .reduce((_, later) -> later)
              .orElseThrow();
    }
    assertThat(Files.readString(directory.resolve("strace"))).contains("EIO", "INJECTED");
    try (StorageEngine engine = EngineFixture.open(factory(), engineDirectory)) {
      check(engine.open(id), promise, "after EIO");
    }
  }

  private static boolean runs(List<String> strace) throws Exception {
    List<String> command = new ArrayList<>(strace);
    command.add("true");
    try {
      return new ProcessBuilder(command).redirectErrorStream(true).start().waitFor() == 0;
    } catch (IOException e) {
      return false;
    }
  }

  /** Runs a writer and kills it after some of its promises; the last one that it made. */
  private Promise writeAndKill(LogId id, SplittableRandom random) {
    try (ChildJvm writer =
        ChildJvm.start(
            flags(),
            KilledWriter.class,
            factory().getClass().getName(),
            directory.toString(),
            id.toString(),
            String.valueOf(random.nextLong()))) {
      Step step = STEPS.get(random.nextInt(STEPS.size()));
      int count = random.nextInt(1, 50);
      String last = "";
      for (int i = 0; i < count || !Promise.parse(last).next().equals(step); i++) {
        last = writer.line().orElseThrow(() -> new AssertionError("the writer ended too early"));
      }
      // Not always at the begin of a step.
      LockSupport.parkNanos(random.nextLong(2_000_000));
      writer.kill();
      // It was ahead of what was read: what it promised until it died counts.
      for (Optional<String> line = writer.line(); line.isPresent(); line = writer.line()) {
        last = line.get();
      }
      return Promise.parse(last);
    } catch (Exception e) {
      throw new AssertionError("a writer could not be run", e);
    }
  }

  /** A log that was being made or deleted is there whole, or not at all. */
  private static void deleteOthers(StorageEngine engine, LogId id) {
    for (LogId each : engine.logs()) {
      if (!each.equals(id)) {
        try (LogStore other = engine.open(each)) {
          assertThat(LogReader.content(other).base()).isEqualTo(LogBase.ORIGIN);
          assertThat(other.endIndex()).isIn(0L, 1L, 2L, 3L);
        }
        engine.delete(each);
      }
    }
    assertThat(engine.logs()).containsExactly(id);
  }

  private List<String> flags() {
    List<String> flags = new ArrayList<>(jvmFlags());
    flags.add("--enable-native-access=ALL-UNNAMED");
    return flags;
  }

  /** The digest at an index follows from the base and all payloads up to there. */
  private static void check(LogStore log, Promise promise, String what) {
    assertThat(log.endIndex()).as("%s: end of the log", what).isGreaterThan(promise.index());
    assertThat(log.base().index())
        .as("%s: begin of the log", what)
        .isIn(promise.base(), promise.dropped());
    long digest = log.base().digest();
    for (long index = log.base().index() + 1; index < log.endIndex(); index++) {
      EntryHeader header = log.header(index);
      try (Slice payload = log.payload(index)) {
        digest =
            Digest.next(
                digest,
                index,
                header.baseOffset(),
                header.offsetSpan(),
                payload.buffers().getFirst());
      }
      assertThat(header.digest()).as("%s: digest of entry %d", what, index).isEqualTo(digest);
      if (index == promise.index()) {
        assertThat(digest)
            .as("%s: promised digest of entry %d", what, index)
            .isEqualTo(promise.digest());
      }
    }
  }
}
