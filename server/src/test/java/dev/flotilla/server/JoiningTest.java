package dev.flotilla.server;

import static org.assertj.core.api.Assertions.assertThat;

import dev.flotilla.raft.Voter;
import dev.flotilla.server.MetadataClusterUnderTest.CrashAt;
import dev.flotilla.server.forming.Failpoints;
import dev.flotilla.server.forming.Failpoints.Step;
import dev.flotilla.server.metadata.ProducerIds;
import dev.flotilla.server.testing.Await;
import dev.flotilla.server.testing.FreePorts;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Empty nodes become part of a cluster that was formed before. */
@Timeout(180)
class JoiningTest {

  private static final List<Integer> IDS = List.of(1, 2, 3);

  @TempDir Path root = Path.of("");

  private MetadataClusterUnderTest cluster = new MetadataClusterUnderTest(root, 0);

  @BeforeEach
  void form() {
    cluster = new MetadataClusterUnderTest(root, 3);
    IDS.forEach(cluster::start);
    IDS.forEach(cluster::get);
  }

  @AfterEach
  void close() {
    cluster.close();
  }

  private List<String> voters(int through) {
    return cluster.get(through).group().voters().stream().map(Voter::peerId).sorted().toList();
  }

  private String peerId(int id) {
    return cluster.get(id).group().voters().stream()
        .filter(voter -> voter.nodeId() == id)
        .map(Voter::peerId)
        .findFirst()
        .orElseThrow();
  }

  private int follower() {
    var leader = cluster.leader();
    return IDS.stream().filter(id -> id != leader).findFirst().orElseThrow();
  }

  private void assertVotes(int id, String lost) {
    MetadataClusterUnderTest.await(new ProducerIds(cluster.get(id).metadata(), id).next());
    for (var each : IDS) {
      Await.until(() -> voters(each).size() == 3 && !voters(each).contains(lost));
      assertThat(voters(each)).anyMatch(voter -> voter.startsWith(id + "-"));
    }
    // It votes: the other follower can be spared.
    var spared = IDS.stream().filter(each -> each != id && each != cluster.leader()).findFirst();
    spared.ifPresent(cluster::stop);
    MetadataClusterUnderTest.await(new ProducerIds(cluster.get(id).metadata(), id).next());
  }

  @Test
  void shouldTakeThePlaceOfItsLostVoter() throws IOException {
    var lost = follower();
    var before = peerId(lost);
    cluster.stop(lost);
    cluster.wipe(lost);

    cluster.start(lost);

    assertVotes(lost, before);
  }

  @Test
  void shouldJoinAfterItCrashed() throws Exception {
    crashAndJoin(Step.REPLICA_STARTED);
  }

  @ParameterizedTest
  @EnumSource(
      value = Step.class,
      names = {"JOIN_RECORDED", "SETTLED"})
  @EnabledIfSystemProperty(named = "flotilla.tests", matches = "long")
  void shouldJoinAfterItCrashedAtTheOtherSteps(Step step) throws Exception {
    crashAndJoin(step);
  }

  private void crashAndJoin(Step step) throws Exception {
    var lost = follower();
    var before = peerId(lost);
    cluster.stop(lost);
    cluster.wipe(lost);
    var crash = new CrashAt(step);
    cluster.start(lost, crash);
    crash.await();
    cluster.stop(lost);

    cluster.start(lost);

    assertVotes(lost, before);
  }

  @Test
  void shouldJoinAfterTheLeaderCrashed() throws Exception {
    crashLeaderAndJoin(Step.VOTER_REMOVED);
  }

  @Test
  @EnabledIfSystemProperty(named = "flotilla.tests", matches = "long")
  void shouldJoinAfterTheLeaderCrashedWhenItHadAddedTheVoter() throws Exception {
    crashLeaderAndJoin(Step.VOTER_ADDED);
  }

  private void crashLeaderAndJoin(Step step) throws Exception {
    var lost = follower();
    var before = peerId(lost);
    cluster.stop(lost);
    cluster.wipe(lost);
    var crash = new CrashAt(step);
    for (var id : IDS) {
      if (id != lost) {
        cluster.stop(id);
      }
    }
    for (var id : IDS) {
      if (id != lost) {
        cluster.start(id, crash);
      }
    }
    var leader = cluster.leader();
    cluster.start(lost);
    crash.await();
    cluster.stop(leader);

    cluster.start(leader);

    assertVotes(lost, before);
  }

  @Test
  void shouldAddANodeThatWasNotThereBefore() {
    var list = cluster.list(List.of(1, 2, 3, 4));

    cluster.start(4, list, cluster.directory(4), Failpoints.NONE);

    cluster.get(4);
    for (var id : List.of(1, 2, 3, 4)) {
      Await.until(() -> voters(id).size() == 4);
    }
    MetadataClusterUnderTest.await(new ProducerIds(cluster.get(4).metadata(), 4).next());
  }

  @Test
  void shouldNotTakeThePlaceOfANodeThatIsAlive() {
    var alive = follower();
    var before = voters(1);
    var other = new MetadataClusterUnderTest(root.resolve("other"), 3);
    // The same id and cluster, another directory and another address: as on another host.
    var own = alive + "@127.0.0.1:" + FreePorts.next(2);
    var list =
        IDS.stream()
            .map(id -> id == alive ? own : cluster.list(List.of(id)))
            .collect(Collectors.joining(","));

    try (other) {
      other.start(alive, list, other.directory(alive), Failpoints.NONE);

      assertThat(other.refusal(alive))
          .hasMessageContaining("another node %d is alive".formatted(alive));
    }
    assertThat(voters(1)).isEqualTo(before);
  }
}
