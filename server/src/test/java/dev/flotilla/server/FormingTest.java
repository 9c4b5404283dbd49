package dev.flotilla.server;

import static org.assertj.core.api.Assertions.assertThat;

import dev.flotilla.server.MetadataClusterUnderTest.CrashAt;
import dev.flotilla.server.config.HostAndPort;
import dev.flotilla.server.forming.Failpoints;
import dev.flotilla.server.forming.Failpoints.Step;
import dev.flotilla.server.metadata.ProducerIds;
import java.io.IOException;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Three nodes become one cluster, whatever happens in the middle. */
@Timeout(180)
class FormingTest {

  private static final List<Integer> IDS = List.of(1, 2, 3);

  @TempDir Path root = Path.of("");

  private MetadataClusterUnderTest cluster = new MetadataClusterUnderTest(root, 0);

  @BeforeEach
  void create() {
    cluster = new MetadataClusterUnderTest(root, 3);
  }

  @AfterEach
  void close() {
    cluster.close();
  }

  private String clusterIdOf(int id) {
    return cluster.get(id).metadata().clusterSettings().orElseThrow().getClusterId();
  }

  /** All are of one cluster, and each can change its metadata. */
  private void assertOneCluster(List<Integer> ids) {
    assertThat(ids.stream().map(this::clusterIdOf).collect(Collectors.toSet())).hasSize(1);
    var given = new HashSet<Long>();
    for (var id : ids) {
      var metadata = cluster.get(id).metadata();
      assertThat(given.add(MetadataClusterUnderTest.await(new ProducerIds(metadata, id).next())))
          .isTrue();
    }
  }

  @Test
  void shouldFormOneClusterAndKnowItAfterARestart() {
    IDS.forEach(cluster::start);
    assertOneCluster(IDS);
    var formed = clusterIdOf(1);

    IDS.forEach(cluster::stop);
    IDS.forEach(cluster::start);

    assertOneCluster(IDS);
    assertThat(clusterIdOf(3)).isEqualTo(formed);
  }

  @ParameterizedTest
  @CsvSource({"1, RECORD_DELIVERED", "2, RECORD_STORED", "3, SETTLED"})
  void shouldFinishFormingAfterACrashOf(int id, Step step) throws InterruptedException {
    crashOneAndFinish(id, step);
  }

  @ParameterizedTest
  @CsvSource({
    "1, RECORD_CHOSEN",
    "1, RECORD_STORED",
    "1, REPLICA_STARTED",
    "1, SETTLED",
    "2, REPLICA_STARTED",
  })
  @EnabledIfSystemProperty(named = "flotilla.tests", matches = "long")
  void shouldFinishFormingAfterACrashAtTheOtherSteps(int id, Step step)
      throws InterruptedException {
    crashOneAndFinish(id, step);
  }

  private void crashOneAndFinish(int id, Step step) throws InterruptedException {
    var crash = new CrashAt(step);
    for (var each : IDS) {
      cluster.start(each, each == id ? crash : Failpoints.NONE);
    }
    crash.await();
    cluster.stop(id);

    cluster.start(id);

    assertOneCluster(IDS);
  }

  @Test
  void shouldFinishFormingWhenAllCrash() throws InterruptedException {
    crashAllAndFinish(Step.RECORD_STORED);
  }

  @ParameterizedTest
  @CsvSource({"RECORD_CHOSEN", "RECORD_DELIVERED", "REPLICA_STARTED", "SETTLED"})
  @EnabledIfSystemProperty(named = "flotilla.tests", matches = "long")
  void shouldFinishFormingWhenAllCrashAtTheOtherSteps(Step step) throws InterruptedException {
    crashAllAndFinish(step);
  }

  private void crashAllAndFinish(Step step) throws InterruptedException {
    var crash = new CrashAt(step);
    IDS.forEach(id -> cluster.start(id, crash));
    crash.await();
    IDS.forEach(cluster::stop);

    IDS.forEach(cluster::start);

    assertOneCluster(IDS);
  }

  @Test
  void shouldFormWithoutTheNodeThatChoseTheClusterAndIsLost() throws Exception {
    var crash = new CrashAt(Step.RECORD_DELIVERED);
    cluster.start(1, crash);
    cluster.start(2);
    cluster.start(3);
    crash.await();
    cluster.stop(1);
    cluster.wipe(1);

    assertOneCluster(List.of(2, 3));
  }

  @Test
  void shouldSayForWhomItWaits() {
    cluster.start(2);

    dev.flotilla.server.testing.Await.until(() -> !cluster.lines().isEmpty());
    assertThat(cluster.lines().getFirst())
        .startsWith("node 2 waits for node 1 (127.0.0.1:")
        .contains("node 3 (127.0.0.1:");
  }

  @Test
  void shouldGoOnWithTwoOfThree() {
    IDS.forEach(cluster::start);
    assertOneCluster(IDS);
    var leader = cluster.leader();
    var others = IDS.stream().filter(id -> id != leader).toList();

    cluster.stop(leader);
    assertOneCluster(others);
    cluster.stop(others.getFirst());
    cluster.start(others.getFirst());
    assertOneCluster(others);
    cluster.start(leader);

    assertOneCluster(IDS);
  }

  @Test
  void shouldRefuseListsThatDiffer() {
    var two = cluster.list(List.of(1, 2));
    var other = cluster.list(List.of(2, 3));
    cluster.start(1, two, cluster.directory(1), Failpoints.NONE);
    cluster.start(2, other, cluster.directory(2), Failpoints.NONE);

    assertThat(cluster.refusal(1))
        .hasMessageContaining("cluster.nodes is not the same on all nodes")
        .hasMessageContaining("on node 2");
  }

  @Test
  void shouldRefuseADirectoryOfAnotherCluster() throws IOException {
    IDS.forEach(cluster::start);
    assertOneCluster(IDS);
    cluster.stop(3);
    cluster.wipe(3);
    var list = cluster.list(IDS);
    var port = Integer.parseInt(list.substring(list.lastIndexOf(':') + 1));
    var addresses =
        new DataDirectory.Addresses(
            new HostAndPort("127.0.0.1", port), new HostAndPort("127.0.0.1", port + 1));
    try (var foreign = DataDirectory.open(cluster.directory(3), 3, Optional.of(addresses))) {
      foreign.belongTo("another-cluster");
    }

    cluster.start(3);

    assertThat(cluster.refusal(3))
        .hasMessageContaining("another-cluster")
        .hasMessageContaining(clusterIdOf(1));
  }
}
