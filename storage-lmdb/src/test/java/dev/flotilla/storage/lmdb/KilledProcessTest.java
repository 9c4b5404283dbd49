package dev.flotilla.storage.lmdb;

import static org.assertj.core.api.Assertions.assertThat;

import dev.flotilla.storage.Digest;
import dev.flotilla.storage.EntryHeader;
import dev.flotilla.storage.LogBase;
import dev.flotilla.storage.LogId;
import dev.flotilla.storage.LogStore;
import dev.flotilla.storage.Slice;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A process that is killed with SIGKILL at a random point leaves all that was acknowledged. */
final class KilledProcessTest {

  private static final int ROUNDS = "long".equals(System.getProperty("flotilla.tests")) ? 60 : 5;

  @TempDir Path directory;

  @Test
  void shouldKeepWhatWasAcknowledgedBeforeAKill() throws Exception {
    long seed = System.nanoTime();
    SplittableRandom random = new SplittableRandom(seed);
    LogId id = LogId.random();
    try (LmdbEngine engine = Engines.open(directory)) {
      engine.create(id, LogBase.ORIGIN);
    }
    for (int round = 0; round < ROUNDS; round++) {
      String acknowledged = writeAndKill(id, random);
      try (LmdbEngine engine = Engines.open(directory)) {
        check(engine.open(id), acknowledged, "seed " + seed + ", round " + round);
      }
    }
  }

  /** Runs a writer and kills it after some of its acknowledgements; the last one that was read. */
  private String writeAndKill(LogId id, SplittableRandom random) throws Exception {
    Process process =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xmx128m",
                "-XX:+UseSerialGC",
                "-XX:TieredStopAtLevel=1",
                "--add-opens=java.base/java.nio=ALL-UNNAMED",
                "--add-opens=java.base/sun.nio.ch=ALL-UNNAMED",
                "--enable-native-access=ALL-UNNAMED",
                "--sun-misc-unsafe-memory-access=allow",
                "-cp",
                System.getProperty("java.class.path"),
                KilledWriter.class.getName(),
                directory.toString(),
                id.toString(),
                String.valueOf(random.nextLong()))
            .redirectError(ProcessBuilder.Redirect.INHERIT)
            .start();
    try (BufferedReader lines =
        new BufferedReader(
            new InputStreamReader(process.getInputStream(), StandardCharsets.US_ASCII))) {
      int count = random.nextInt(1, 150);
      String last = "";
      for (int i = 0; i < count; i++) {
        last = nextLine(lines);
      }
      process.toHandle().destroyForcibly();
      assertThat(process.waitFor(30, TimeUnit.SECONDS)).isTrue();
      return last;
    } finally {
      process.destroyForcibly();
    }
  }

  private static String nextLine(BufferedReader lines) throws IOException {
    String line = lines.readLine();
    if (line == null) {
      throw new AssertionError("the writer ended by itself");
    }
    return line;
  }

  private static void check(LogStore log, String acknowledged, String what) {
    List<Long> last = List.of(acknowledged.split(" ")).stream().map(Long::valueOf).toList();
    long digest = 0;
    boolean replaced = false;
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
      assertThat(header.digest()).as(what + ", entry " + index).isEqualTo(digest);
      // A truncation that was not acknowledged may have reached the disk; it began a later term.
      replaced |= header.term() > last.get(0);
      if (index == last.get(1) && !replaced) {
        assertThat(digest).as(what).isEqualTo(last.get(2));
      }
    }
    assertThat(replaced || log.endIndex() > last.get(1)).as(what).isTrue();
  }
}
