package dev.flotilla.server.e2e;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Three nodes that lose nothing when one of them is killed, or all. */
@Timeout(600)
class ClusterTest {

  @TempDir Path directory;

  @Test
  void shouldLoseNothingWhenNodesAreKilled() {
    try (LoadedCluster loaded = LoadedCluster.start(directory, Map.of())) {
      // when: the leader of a partition is killed
      int leader = loaded.aLeader();
      List<Integer> led = loaded.ledBy(leader);
      long killed = System.nanoTime();
      loaded.node(leader).kill();
      loaded.awaitAcknowledged("kill of a leader", led, killed);
      loaded.restore();

      // when: the leader of the metadata group is
      int metadata = loaded.cluster().metadataLeader();
      led = loaded.ledBy(metadata);
      killed = System.nanoTime();
      loaded.node(metadata).kill();
      loaded.awaitAcknowledged("kill of the metadata leader", led, killed);
      loaded.restore();

      // when: all three are
      Cluster.ids().forEach(id -> loaded.node(id).kill());
      killed = System.nanoTime();
      loaded.cluster().startStopped();
      loaded.awaitAcknowledged("kill of all three", LoadedCluster.allPartitions(), killed);

      // then
      loaded.verify();
    }
  }
}
