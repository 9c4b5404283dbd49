package dev.flotilla.raft;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A voter is removed, wiped, made anew and added while its group is at work. */
class ReplacementTest {

  @TempDir Path directory;

  @Test
  void shouldTakeAVoterBackUnderItsPeerIdWhileTheGroupIsAtWork() throws Exception {
    try (TestCluster cluster = new TestCluster(directory, "mmap")) {
      UUID group = cluster.create("t-0");
      try (SteadyLoad load = SteadyLoad.on(cluster, group)) {
        // given a voter that does not answer for a while, then answers that it has no such group
        load.awaitMore(10);
        int rebuilt = (cluster.awaitLeader(group) + 1) % TestCluster.NODES;
        cluster.stop(rebuilt);
        load.awaitMore(60);
        cluster.start(rebuilt);
        load.awaitMore(60);

        // when
        remove(cluster, group, cluster.voter(rebuilt));
        cluster.node(rebuilt).deleteGroup(group);
        load.awaitMore(20);
        cluster.createEmpty(rebuilt, group);
        add(cluster, group, rebuilt);

        // then
        assertCounts(cluster, group, rebuilt, load.end());
      }
    }
  }

  @Test
  void shouldTakeAVoterBackFromLeadersThatChange() throws Exception {
    try (TestCluster cluster = new TestCluster(directory, "mmap")) {
      UUID group = cluster.create("t-0");
      try (SteadyLoad load = SteadyLoad.on(cluster, group)) {
        // given
        load.awaitMore(30);
        int rebuilt = (cluster.awaitLeader(group) + 1) % TestCluster.NODES;

        // when leaders change behind each step
        remove(cluster, group, cluster.voter(rebuilt));
        handOver(cluster, group, rebuilt);
        cluster.node(rebuilt).deleteGroup(group);
        load.awaitMore(20);
        cluster.createEmpty(rebuilt, group);
        handOver(cluster, group, rebuilt);
        CompletableFuture<Void> interrupted =
            cluster
                .node(cluster.awaitLeader(group))
                .groups()
                .addVoter(group, cluster.voter(rebuilt));
        handOver(cluster, group, rebuilt);
        TestNodes.await("an end of the first attempt", interrupted::isDone);
        add(cluster, group, rebuilt);

        // then
        assertCounts(cluster, group, rebuilt, load.end());
      }
    }
  }

  @Test
  void shouldTakeAVoterBackIntoALogThatWasTrimmedMeanwhile() throws Exception {
    try (TestCluster cluster = new TestCluster(directory, "mmap")) {
      UUID group = cluster.create("t-0");
      try (SteadyLoad load = SteadyLoad.on(cluster, group)) {
        // given a log whose leader has dropped what the voter held, and goes on dropping
        load.awaitMore(30);
        int rebuilt = (cluster.awaitLeader(group) + 1) % TestCluster.NODES;
        remove(cluster, group, cluster.voter(rebuilt));
        cluster.node(rebuilt).deleteGroup(group);
        load.awaitMore(30);
        trim(cluster, group);

        // when
        cluster.createEmpty(rebuilt, group);
        CompletableFuture<Void> added =
            cluster
                .node(cluster.awaitLeader(group))
                .groups()
                .addVoter(group, cluster.voter(rebuilt));
        load.awaitMore(5);
        trim(cluster, group);
        TestNodes.await("an end of the first attempt", added::isDone);
        add(cluster, group, rebuilt);

        // then
        assertThat(cluster.log(rebuilt, group).logStartOffset()).isPositive();
        assertCounts(cluster, group, rebuilt, load.end());
      }
    }
  }

  @Test
  void shouldTakeANodeBackThatLostItsDiskAsAnotherPeer() throws Exception {
    try (TestCluster cluster = new TestCluster(directory, "mmap")) {
      UUID group = cluster.create("t-0");
      try (SteadyLoad load = SteadyLoad.on(cluster, group)) {
        // given
        load.awaitMore(30);
        int rebuilt = (cluster.awaitLeader(group) + 1) % TestCluster.NODES;
        Voter lost = cluster.voter(rebuilt);
        cluster.stop(rebuilt);
        load.awaitMore(30);
        cluster.loseDisk(rebuilt);
        cluster.start(rebuilt);
        trim(cluster, group);

        // when
        remove(cluster, group, lost);
        cluster.createEmpty(rebuilt, group);
        handOver(cluster, group, rebuilt);
        add(cluster, group, rebuilt);

        // then
        assertThat(cluster.voter(rebuilt).peerId()).isNotEqualTo(lost.peerId());
        assertThat(cluster.node(cluster.awaitLeader(group)).groups().voters(group))
            .doesNotContain(lost);
        assertCounts(cluster, group, rebuilt, load.end());
      }
    }
  }

  private interface Change {
    CompletableFuture<Void> at(Groups groups);
  }

  /** Asks whoever leads, until it is done: leaders change and are not always ready. */
  private static void ask(TestCluster cluster, UUID group, Change change) throws Exception {
    TestNodes.await("the change of the group", () -> isDone(cluster, group, change));
  }

  /** Asks the leader of the moment once, and fails if it is of no use to ask again. */
  private static boolean isDone(TestCluster cluster, UUID group, Change change) {
    try {
      Groups groups = cluster.node(cluster.awaitLeader(group)).groups();
      var _ = change.at(groups).get(60, TimeUnit.SECONDS);
      return true;
    } catch (ExecutionException e) {
      if (e.getCause() instanceof GroupChangeException
          && !(e.getCause() instanceof GroupChangeException.Refused)) {
        return false;
      }
      throw new AssertionError("the group was not changed", e);
    } catch (InterruptedException | TimeoutException e) {
      throw new AssertionError("the leader did not answer", e);
    }
  }

  private static void remove(TestCluster cluster, UUID group, Voter voter) throws Exception {
    ask(cluster, group, groups -> groups.removeVoter(group, voter.peerId()));
  }

  private static void add(TestCluster cluster, UUID group, int node) throws Exception {
    ask(cluster, group, groups -> groups.addVoter(group, cluster.voter(node)));
  }

  /** From the leader to the one of the others that is not rebuilt. */
  private static void handOver(TestCluster cluster, UUID group, int rebuilt) throws Exception {
    int leader = cluster.awaitLeader(group);
    int next = TestCluster.NODES - leader - rebuilt;
    ask(
        cluster,
        group,
        groups ->
            groups.transferLeadership(group, cluster.voter(next).peerId(), TestNodes.DEADLINE));
  }

  private static void trim(TestCluster cluster, UUID group) throws Exception {
    ReplicatedLog log = cluster.log(cluster.awaitLeader(group), group);
    log.moveLogStart(log.highWatermark() - 2).get(60, TimeUnit.SECONDS);
  }

  /** It has everything, and a majority is one with it. */
  private static void assertCounts(TestCluster cluster, UUID group, int rebuilt, long end)
      throws Exception {
    cluster.awaitHighWatermark(rebuilt, group, end);
    int leader = cluster.awaitLeader(group);
    TestNodes.await(
        "the same log",
        () ->
            cluster.node(leader).replica(group).orElseThrow().memory().tail().digest()
                == cluster.node(rebuilt).replica(group).orElseThrow().memory().tail().digest());
    assertThat(cluster.node(leader).groups().voters(group))
        .containsExactlyInAnyOrderElementsOf(cluster.voters());
    int third = TestCluster.NODES - leader - rebuilt;
    cluster.stop(third);
    Appended later = cluster.append(group, TestBatch.of(1, 1));
    assertThat(later.baseOffset()).isGreaterThanOrEqualTo(end);
    cluster.awaitHighWatermark(rebuilt, group, later.lastOffset() + 1);
  }
}
