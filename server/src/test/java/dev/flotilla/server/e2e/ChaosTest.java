package dev.flotilla.server.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;
import org.junit.jupiter.api.io.TempDir;

/**
 * Random faults under load for as long as {@code -Dflotilla.chaos.minutes} says, in the order of
 * {@code -Dflotilla.chaos.seed}. Every few faults all that was acknowledged is verified, and a new
 * topic begins.
 */
@EnabledIfSystemProperty(named = "flotilla.chaos.minutes", matches = "\\d+")
class ChaosTest {

  private static final int FAULTS_PER_TOPIC = 6;

  @TempDir Path directory;

  @Test
  void shouldLoseNothingWhateverHappens() {
    long seed = Long.getLong("flotilla.chaos.seed", new Random().nextLong());
    Duration time = Duration.ofMinutes(Integer.getInteger("flotilla.chaos.minutes"));
    System.out.printf("chaos: -Dflotilla.chaos.seed=%d%n", seed);
    Chaos chaos = new Chaos(seed);
    Map<Chaos.Fault, Integer> counts = new TreeMap<>();
    long acknowledged = 0;
    long end = System.nanoTime() + time.toNanos();
    try (Cluster cluster = Cluster.start(directory, Map.of())) {
      try {
        for (int chapter = 1; System.nanoTime() - end < 0; chapter++) {
          acknowledged += chapter(cluster, "chapter-" + chapter, chaos, counts);
          System.out.printf("chaos: %d records so far, faults %s%n", acknowledged, counts);
        }
      } catch (RuntimeException | Error e) {
        System.out.printf("chaos: failed with -Dflotilla.chaos.seed=%d%n", seed);
        System.out.println(cluster.logs());
        throw e;
      }
    }
  }

  private static long chapter(
      Cluster cluster, String topic, Chaos chaos, Map<Chaos.Fault, Integer> counts) {
    cluster.createTopic(topic, LoadedCluster.PARTITIONS);
    try (Workload workload =
        Workload.start(
            cluster, topic, LoadedCluster.PARTITIONS, Map.of("delivery.timeout.ms", "300000"))) {
      for (int i = 0; i < FAULTS_PER_TOPIC; i++) {
        Chaos.Fault fault = chaos.next();
        counts.merge(fault, 1, Integer::sum);
        long before = System.nanoTime();
        chaos.inflict(fault, cluster);
        Duration until =
            workload.awaitAcknowledged(LoadedCluster.allPartitions(), System.nanoTime());
        System.out.printf(
            "chaos: all partitions go on %d ms after it was over, %d ms after it began%n",
            until.toMillis(), (System.nanoTime() - before) / 1_000_000);
        cluster.awaitWhole();
      }
      int acknowledged = workload.verify();
      assertThat(workload.failures()).isEmpty();
      System.out.printf("chaos: %d replicas agree%n", cluster.verifyDigests());
      cluster.deleteTopic(topic);
      return acknowledged;
    }
  }
}
