package dev.flotilla.server;

import static org.assertj.core.api.Assertions.assertThat;

import dev.flotilla.server.metadata.Replica;
import dev.flotilla.server.status.Status;
import dev.flotilla.server.testing.Await;
import dev.flotilla.server.testing.ClusterUnderTest;
import dev.flotilla.server.testing.ReplicaContents;
import dev.flotilla.server.testing.ReplicaFiles;
import dev.flotilla.server.testing.SteadyLoad;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.apache.kafka.common.Uuid;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Three nodes, of which one finds its replicas damaged or gone: the others make them anew. */
@Timeout(300)
final class RebuildTest {

  private static final String TOPIC = "ledger";
  private static final int PARTITIONS = 5;

  /** The partition of which no replica is damaged. */
  private static final int SOUND = 4;

  private static final Duration REBUILT_WITHIN = Duration.ofMinutes(2);

  @TempDir Path root;

  private ClusterUnderTest cluster;
  private Uuid topicId;
  private SteadyLoad load;

  @BeforeEach
  void start() throws IOException {
    cluster =
        new ClusterUnderTest(
            root, 3, Map.of("log.segment.bytes", "1048576", "broker.session.timeout.ms", "3000"));
    cluster.createTopic(1, TOPIC, PARTITIONS, 3);
    topicId = cluster.topicId(1, TOPIC);
    load = new SteadyLoad(bootstrap(), TOPIC, PARTITIONS);
    load.awaitMore(50);
  }

  @AfterEach
  void close() {
    load.close();
    cluster.close();
  }

  private String bootstrap() {
    return Stream.of(1, 2, 3)
        .filter(cluster::runs)
        .map(id -> "127.0.0.1:" + cluster.node(id).port())
        .collect(Collectors.joining(","));
  }

  @Test
  void shouldRebuildAllPartitionsOfANodeWhoseDiskIsLost() {
    // when
    cluster.stop(1);
    wipe(root.resolve("node-1"));
    load.awaitMore(50);
    cluster.start(1);

    // then
    awaitWhole();
    load.awaitMore(50);
    System.out.println(load.verify(bootstrap()) + " acknowledged records are there, once");
    assertSameEverywhere();
  }

  @Test
  void shouldRebuildDamagedReplicasAndServeTheOthersMeanwhile() {
    // given: of one node each replica is damaged in another way, but one
    cluster.stop(2);
    ReplicaFiles files = new ReplicaFiles(root.resolve("node-2"));
    files.garbleFirstEntries(group(0));
    files.deleteManifests(group(1));
    files.zeroVotes(group(2));
    files.deleteDirectory(group(3));

    // when: it starts, and nothing of them can be rebuilt before the third node is there again
    cluster.stop(3);
    cluster.start(2);

    // then: it says so, and the one is served
    Await.until(() -> quarantined(2).equals(Set.of(0, 1, 2, 3)));
    assertThat(quarantined(1)).isEqualTo(Set.of(0, 1, 2, 3));
    load.awaitMore(List.of(SOUND), 50);
    assertThat(inSync(1))
        .noneMatch(each -> each.partition() != SOUND && each.caughtUp().contains(2));

    // when
    cluster.start(3);

    // then
    awaitWhole();
    load.awaitMore(50);
    System.out.println(load.verify(bootstrap()) + " acknowledged records are there, once");
    assertSameEverywhere();
  }

  private UUID group(int partition) {
    return Replica.groupOf(topicId, partition);
  }

  /** The partitions of which a node says that node 2 has no replica that can be used. */
  private Set<Integer> quarantined(int asked) {
    return status(asked).impaired().stream()
        .filter(each -> each.node() == 2 && each.state().equals(Status.QUARANTINED))
        .map(Status.ReplicaState::partition)
        .collect(Collectors.toSet());
  }

  private List<Status.PartitionState> inSync(int asked) {
    return status(asked).underReplicated();
  }

  private void awaitWhole() {
    try {
      Await.until(
          REBUILT_WITHIN,
          "every replica caught up",
          () -> IntStream.rangeClosed(1, 3).allMatch(id -> isWhole(status(id))));
    } catch (AssertionError e) {
      IntStream.rangeClosed(1, 3).forEach(id -> e.addSuppressed(new AssertionError(status(id))));
      throw e;
    }
  }

  private static boolean isWhole(Status status) {
    return status.notReady().isEmpty()
        && status.leaderless().isEmpty()
        && status.underReplicated().isEmpty()
        && status.impaired().isEmpty()
        && status.nodes().stream().noneMatch(Status.NodeState::fenced);
  }

  private Status status(int node) {
    return Status.parse(cluster.node(node).get("/status").body()).orElseThrow();
  }

  /** Stops all nodes and compares what is on their disks. */
  private void assertSameEverywhere() {
    load.close();
    cluster.close();
    var first = ReplicaContents.of(root.resolve("node-1"));
    assertThat(first).isNotEmpty();
    assertThat(ReplicaContents.of(root.resolve("node-2"))).isEqualTo(first);
    assertThat(ReplicaContents.of(root.resolve("node-3"))).isEqualTo(first);
  }

  private static void wipe(Path directory) {
    try (Stream<Path> files = Files.walk(directory)) {
      for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
        Files.delete(file);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
