package dev.flotilla.storage.testkit;

import static org.assertj.core.api.Assertions.assertThat;

import dev.flotilla.storage.Digest;
import dev.flotilla.storage.EntryHeader;
import dev.flotilla.storage.LogBase;
import dev.flotilla.storage.LogId;
import dev.flotilla.storage.LogStore;
import dev.flotilla.storage.Slice;
import dev.flotilla.storage.StorageEngine;
import dev.flotilla.storage.StorageEngineFactory;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * A process that is killed with SIGKILL at a random point leaves all that an engine acknowledged to
 * it. The engine is the real one on a real file system, where the other tests of the kit make up
 * what a crash leaves.
 */
public abstract class StorageEngineKillTest {

  @TempDir Path directory;

  /** The engine under test; its class has a constructor without parameters, as a service has. */
  protected abstract StorageEngineFactory factory();

  /** What the engine asks of the JVM that it runs in. */
  protected List<String> jvmFlags() {
    return List.of();
  }

  /** What a log must hold: an entry with this digest at this index, and all before it. */
  private record Promise(long index, long digest) {

    static Promise parse(String line) {
      String[] words = line.split(" ");
      return new Promise(Long.parseLong(words[0]), Long.parseLong(words[1]));
    }
  }

  @Test
  void shouldKeepWhatWasAcknowledgedBeforeAKill() {
    Tries.withSeeds(1, 1, seed -> killOften(new SplittableRandom(seed)));
  }

  private void killOften(SplittableRandom random) {
    LogId id = LogId.random();
    try (StorageEngine engine = EngineFixture.open(factory(), directory)) {
      engine.create(id, LogBase.ORIGIN);
    }
    for (int round = 0; round < Tries.of(5, 60); round++) {
      Promise promise = writeAndKill(id, random);
      try (StorageEngine engine = EngineFixture.open(factory(), directory)) {
        check(engine.open(id), promise, "round " + round);
      }
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
      String last = "";
      int count = random.nextInt(1, 150);
      for (int i = 0; i < count; i++) {
        last = writer.line().orElseThrow(() -> new AssertionError("the writer ended too early"));
      }
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

  private List<String> flags() {
    List<String> flags = new ArrayList<>(jvmFlags());
    flags.add("--enable-native-access=ALL-UNNAMED");
    return flags;
  }

  /** The digest at an index follows from all payloads up to there. */
  private static void check(LogStore log, Promise promise, String what) {
    assertThat(log.endIndex()).as("%s: end of the log", what).isGreaterThan(promise.index());
    long digest = 0;
    for (long index = 0; index < log.endIndex(); index++) {
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
