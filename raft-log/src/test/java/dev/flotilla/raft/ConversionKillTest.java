package dev.flotilla.raft;

import static org.assertj.core.api.Assertions.assertThat;

import dev.flotilla.raft.ConvertedReplica.Answers;
import dev.flotilla.storage.testkit.ChildJvm;
import java.nio.file.Path;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.UUID;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A process that moves a replica between engines is killed with SIGKILL at random moments. */
class ConversionKillTest {

  private static final List<String> FLAGS =
      List.of(
          "--enable-native-access=ALL-UNNAMED",
          "--sun-misc-unsafe-memory-access=allow",
          "--add-opens=java.base/java.nio=ALL-UNNAMED",
          "--add-opens=java.base/sun.nio.ch=ALL-UNNAMED");

  /** As many as a few conversions have. */
  private static final int MOST_STEPS = 60;

  @TempDir Path directory;

  @Test
  void shouldLoseNothingWhenItIsKilledAtAnyMoment() throws Exception {
    long seed = Long.getLong("flotilla.seed", System.nanoTime());
    SplittableRandom random = new SplittableRandom(seed);
    ConvertedReplica replica = new ConvertedReplica(directory, UUID.randomUUID());
    replica.createFull(ConvertedReplica.MMAP, seed);
    replica.append(2_500, 2_000);
    Answers answers = replica.answers();
    Map<Conversion.Failpoints.Step, Integer> killedBehind =
        new EnumMap<>(Conversion.Failpoints.Step.class);

    for (int round = 0; round < rounds(); round++) {
      // when
      Conversion.Failpoints.Step last =
          convertAndKill(replica.group(), random.nextInt(1, MOST_STEPS));
      killedBehind.merge(last, 1, Integer::sum);

      // then the log is where the descriptor says, whole, and nowhere else
      replica.sweep(replica.descriptor().getEngine());
      assertThat(replica.answers())
          .as("round %d, seed %d, killed behind %s", round, seed, last)
          .isEqualTo(answers);
    }
    System.out.println("killed behind " + killedBehind);
  }

  private static int rounds() {
    boolean isLong = "long".equals(System.getProperty("flotilla.tests"));
    return isLong ? 30 * Integer.getInteger("flotilla.tests.times", 1) : 6;
  }

  /** Returns the last step that is known to have been reached. */
  private Conversion.Failpoints.Step convertAndKill(UUID group, int steps) throws Exception {
    try (ChildJvm child =
        ChildJvm.start(FLAGS, KilledConversion.class, directory.toString(), group.toString())) {
      String last = "";
      for (int step = 0; step < steps; step++) {
        last = child.line().orElseThrow(() -> new AssertionError("it ended too early"));
      }
      child.kill();
      for (var line = child.line(); line.isPresent(); line = child.line()) {
        last = line.get();
      }
      return Conversion.Failpoints.Step.valueOf(last);
    }
  }
}
