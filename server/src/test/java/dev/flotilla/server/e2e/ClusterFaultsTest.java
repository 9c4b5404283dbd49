package dev.flotilla.server.e2e;

import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;
import org.junit.jupiter.api.io.TempDir;

/** What else happens to three nodes: they hold still, are cut off, and are restarted in turn. */
@EnabledIfSystemProperty(named = "flotilla.tests", matches = "long")
@Timeout(900)
class ClusterFaultsTest {

  /** Longer than any election timeout of a group of partitions, which is 4 s at most. */
  private static final Duration LONG = Duration.ofSeconds(8);

  /** A producer that gives up waiting for a node that is silent, to ask others, after a while. */
  private static final Map<String, String> IMPATIENT = Map.of("request.timeout.ms", "5000");

  @TempDir Path directory;

  @Test
  void shouldGoOnWithoutALeaderThatHoldsStillAndWithItAfterwards() {
    try (LoadedCluster loaded = LoadedCluster.start(directory, IMPATIENT)) {
      // when
      int leader = loaded.aLeader();
      List<Integer> led = loaded.ledBy(leader);
      long paused = System.nanoTime();
      loaded.node(leader).pause();
      loaded.awaitAcknowledged("SIGSTOP of a leader", led, paused);
      passTime(paused);
      loaded.node(leader).resume();
      loaded.cluster().awaitWhole();
      loaded.awaitAcknowledged("SIGCONT", LoadedCluster.allPartitions(), System.nanoTime());

      // then
      loaded.verify();
    }
  }

  @Test
  void shouldGoOnWithoutALeaderThatIsCutOffAndWithItAfterwards() {
    try (LoadedCluster loaded = LoadedCluster.start(directory, IMPATIENT)) {
      // when
      int leader = loaded.aLeader();
      List<Integer> led = loaded.ledBy(leader);
      long isolated = System.nanoTime();
      loaded.cluster().links().isolate(leader);
      loaded.awaitAcknowledged("isolation of a leader", led, isolated);
      passTime(isolated);
      loaded.cluster().links().heal();
      loaded.cluster().awaitWhole();
      loaded.awaitAcknowledged("healed", LoadedCluster.allPartitions(), System.nanoTime());

      // then
      loaded.verify();
    }
  }

  @Test
  void shouldFailNoProduceCallWhenNodesAreRestartedInTurn() {
    try (LoadedCluster loaded =
        LoadedCluster.start(
            directory, Map.of("request.timeout.ms", "10000", "delivery.timeout.ms", "30000"))) {
      // when
      for (int id : Cluster.ids().toArray()) {
        List<Integer> led = loaded.ledBy(id);
        long stopped = System.nanoTime();
        int status = loaded.node(id).stop();
        System.out.printf(
            "node %d, which led %s, stopped with status %d in %d ms%n",
            id, led, status, (System.nanoTime() - stopped) / 1_000_000);
        loaded.awaitAcknowledged(
            "stop of node " + id, LoadedCluster.allPartitions(), System.nanoTime());
        loaded.restore();
      }

      // then
      loaded.verify();
    }
  }

  private static void passTime(long since) {
    while (System.nanoTime() - since < LONG.toNanos()) {
      LockSupport.parkNanos(LONG.toNanos() / 100);
    }
  }
}
