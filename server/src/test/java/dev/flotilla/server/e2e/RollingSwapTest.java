package dev.flotilla.server.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Three nodes that change their storage engine one after the other, with a load on them. */
@Timeout(600)
class RollingSwapTest {

  @TempDir Path directory;

  @Test
  void shouldFailNoProduceCallAndLoseNothingWhenNodesChangeTheirEnginesInTurn() {
    try (LoadedCluster loaded = LoadedCluster.start(directory, Map.of())) {
      for (String engine : List.of("lmdb", "mmap")) {
        for (int id : Cluster.ids().toArray()) {
          // when
          assertThat(loaded.node(id).stop()).as("exit status, after SIGTERM").isEqualTo(143);
          loaded.node(id).configure("storage.engine", engine);
          loaded.restore();
          loaded.awaitAcknowledged(
              "node " + id + " to " + engine, LoadedCluster.allPartitions(), System.nanoTime());

          // then replicas in different engines hold the same
          assertThat(engines(loaded.node(id), "data")).containsExactly(engine);
          assertThat(engines(loaded.node(id), "metadata")).containsExactly(engine);
          loaded.cluster().verifyDigests();
        }
      }
      loaded.verify();
    }
  }

  /** What has been left of no other engine. */
  private static List<String> engines(NodeProcess node, String group) {
    try (Stream<Path> engines = Files.list(node.data().resolve(group).resolve("engines"))) {
      return engines.map(engine -> String.valueOf(engine.getFileName())).toList();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
