package dev.flotilla.raft;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Leaders that go, hand over or are cut off. */
class LeadershipChangeTest {

  /** What comes about within the tests' patience did not wait for an election timeout. */
  private static final Duration NEVER = Duration.ofMinutes(5);

  @TempDir Path directory;

  @Test
  void shouldElectALeaderWhenTheConnectionToTheOldOneBreaks() throws Exception {
    try (TestCluster cluster = TestCluster.onNetwork(directory, NEVER)) {
      // given groups led by a node that the others watch
      List<UUID> groups = new ArrayList<>();
      for (int i = 0; i < 3; i++) {
        groups.add(cluster.createLed("t-" + i));
      }
      for (UUID group : groups) {
        assertThat(cluster.awaitLeader(group)).isZero();
        cluster.append(group, TestBatch.of(1, 5));
        awaitEnd(cluster, 1, group, 5);
        awaitEnd(cluster, 2, group, 5);
      }
      List<CompletableFuture<Void>> watching = new ArrayList<>();
      for (int node : new int[] {1, 2}) {
        watching.add(watch(cluster.node(node), cluster.voter(0)));
      }
      for (CompletableFuture<Void> reachable : watching) {
        await(reachable);
      }

      // when
      cluster.stop(0);

      // then
      for (UUID group : groups) {
        assertThat(cluster.awaitLeader(group)).isNotZero();
        assertThat(cluster.append(group, TestBatch.of(2, 1)).baseOffset()).isEqualTo(5);
      }
    }
  }

  /** Tells a node's groups when a peer is gone; complete when the peer was there. */
  private static CompletableFuture<Void> watch(RaftNode node, Voter peer) {
    CompletableFuture<Void> there = new CompletableFuture<>();
    var _ =
        node.peers()
            .watch(
                peer.host(),
                peer.port(),
                NEVER,
                new PeerListener() {
                  @Override
                  public void reachable() {
                    there.complete(null);
                  }

                  @Override
                  public void unreachable(String reason) {
                    node.groups().peerGone(peer.peerId());
                  }
                });
    return there;
  }

  @Test
  void shouldElectTheOnlyFollowerThatHasAllEntriesThoughTheOtherTriesToo() throws Exception {
    try (TestCluster cluster = TestCluster.onNetwork(directory, NEVER)) {
      // given a follower that lacks committed entries
      UUID group = cluster.createLed("t-0");
      cluster.append(group, TestBatch.of(1, 5));
      awaitEnd(cluster, 2, group, 5);
      assertThat(cluster.awaitLeader(group)).isZero();
      cluster.network(2).cut();
      cluster.append(group, TestBatch.of(2, 5));
      awaitEnd(cluster, 1, group, 10);

      // when the leader goes, and nothing of what it sent arrives any more
      cluster.stop(0);
      cluster.network(2).breakDown();
      cluster.network(2).heal();
      cluster.network(2).mend();
      cluster.node(2).groups().peerGone(cluster.voter(0).peerId());
      cluster.node(1).groups().peerGone(cluster.voter(0).peerId());

      // then
      assertThat(cluster.awaitLeader(group)).isEqualTo(1);
      cluster.append(group, TestBatch.of(3, 1));
      awaitEnd(cluster, 2, group, 11);
    }
  }

  @Test
  void shouldElectNobodyWhenAFollowerIsGone() throws Exception {
    try (TestCluster cluster = TestCluster.onNetwork(directory, NEVER)) {
      // given
      UUID group = cluster.createLed("t-0");
      cluster.append(group, TestBatch.of(1, 5));
      awaitEnd(cluster, 1, group, 5);
      int term = cluster.log(0, group).leadership().term();

      // when
      cluster.stop(2);
      cluster.node(1).groups().peerGone(cluster.voter(2).peerId());
      cluster.node(0).groups().peerGone(cluster.voter(2).peerId());

      // then
      cluster.append(group, TestBatch.of(2, 1));
      awaitEnd(cluster, 1, group, 6);
      assertThat(cluster.log(1, group).leadership().term()).isEqualTo(term);
      assertThat(cluster.log(0, group).leadership()).isEqualTo(new Leadership.Ready(term));
    }
  }

  @Test
  void shouldHandLeadershipOver() throws Exception {
    try (TestCluster cluster = TestCluster.onNetwork(directory, NEVER)) {
      // given
      UUID group = cluster.createLed("t-0");
      cluster.append(group, TestBatch.of(1, 5));
      assertThat(cluster.awaitLeader(group)).isZero();

      // when
      for (int next : new int[] {1, 2, 0}) {
        int leader = cluster.awaitLeader(group);
        await(transfer(cluster, group, leader, next));

        // then
        TestNodes.await(
            "it leads", () -> cluster.log(next, group).leadership() instanceof Leadership.Ready);
        cluster.append(group, TestBatch.of(2, 1));
        assertThat(cluster.log(leader, group).leadership())
            .isInstanceOf(Leadership.Following.class);
        await(transfer(cluster, group, next, next));
      }
    }
  }

  @Test
  void shouldTransferLeadershipOnlyWhereItIsAndToWhomItMayGo() throws Exception {
    try (TestCluster cluster = TestCluster.onNetwork(directory, NEVER)) {
      // given
      UUID group = cluster.createLed("t-0");
      cluster.append(group, TestBatch.of(1, 5));
      awaitEnd(cluster, 1, group, 5);

      // then
      assertThatThrownBy(() -> await(transfer(cluster, group, 1, 2)))
          .hasCauseInstanceOf(GroupChangeException.NotLeader.class)
          .cause()
          .extracting(failure -> ((GroupChangeException) failure).leaderNodeId().orElseThrow())
          .isEqualTo(0);
      assertThatThrownBy(
              () -> await(cluster.node(0).groups().transferLeadership(group, "9-x", NEVER)))
          .hasCauseInstanceOf(GroupChangeException.Refused.class);
    }
  }

  @Test
  void shouldGoOnLeadingWhenTheOtherDoesNotTakeOver() throws Exception {
    try (TestCluster cluster = TestCluster.onNetwork(directory, NEVER)) {
      // given a voter that hears nothing
      UUID group = cluster.createLed("t-0");
      cluster.append(group, TestBatch.of(1, 5));
      cluster.network(2).cut();
      cluster.append(group, TestBatch.of(2, 1));

      // when
      CompletableFuture<Void> transfer =
          cluster
              .node(0)
              .groups()
              .transferLeadership(group, cluster.voter(2).peerId(), Duration.ofMillis(200));

      // then
      assertThatThrownBy(() -> await(transfer))
          .hasCauseInstanceOf(GroupChangeException.TimedOut.class)
          .cause()
          .extracting(failure -> ((GroupChangeException) failure).leadership())
          .isInstanceOf(Leadership.Ready.class);
      assertThat(cluster.append(group, TestBatch.of(3, 1)).baseOffset()).isEqualTo(6);
      assertThat(cluster.awaitLeader(group)).isZero();
    }
  }

  /** Followers hear what is committed with a heartbeat, which here never comes. */
  private static void awaitEnd(TestCluster cluster, int node, UUID group, long offset)
      throws InterruptedException {
    TestNodes.await(
        "log end " + offset + " on node " + node,
        () -> cluster.log(node, group).logEndOffset() >= offset);
  }

  private static CompletableFuture<Void> transfer(
      TestCluster cluster, UUID group, int leader, int next) {
    return cluster
        .node(leader)
        .groups()
        .transferLeadership(group, cluster.voter(next).peerId(), NEVER);
  }

  private static void await(CompletableFuture<Void> change) throws Exception {
    var _ = change.get(TestNodes.DEADLINE.toMillis(), TimeUnit.MILLISECONDS);
  }

  @Test
  void shouldKnowWhoIsCaughtUp() throws Exception {
    try (TestCluster cluster = TestCluster.onNetwork(directory, NEVER)) {
      // given
      UUID group = cluster.createLed("t-0");
      cluster.append(group, TestBatch.of(1, 5));

      // then
      TestNodes.await(
          "all are caught up", () -> cluster.node(0).groups().caughtUp(group).size() == 3);
      assertThat(cluster.node(0).groups().caughtUp(group))
          .containsExactlyInAnyOrderElementsOf(cluster.voters());
      assertThat(cluster.node(1).groups().caughtUp(group)).isEmpty();
      assertThat(cluster.node(1).groups().caughtUp(UUID.randomUUID())).isEmpty();
    }
  }

  @Test
  void shouldLeadNoLongerWithoutAMajority() throws Exception {
    try (TestCluster cluster = TestCluster.onNetwork(directory, TestNodes.ELECTION_TIMEOUT)) {
      // given
      UUID group = cluster.create("t-0");
      cluster.append(group, TestBatch.of(1, 5));
      int old = cluster.awaitLeader(group);
      ReplicatedLog log = cluster.log(old, group);

      // when
      cutAll(cluster);

      // then
      TestNodes.await("it leads no longer", () -> !(log.leadership() instanceof Leadership.Ready));
      assertThatThrownBy(() -> log.append(TestBatch.of(2, 1)))
          .isInstanceOf(ReplicatedLogException.NotLeader.class);
      assertThat(cluster.node(old).groups().caughtUp(group)).isEmpty();

      // when
      healAll(cluster);

      // then
      assertThat(cluster.append(group, TestBatch.of(3, 1)).baseOffset()).isEqualTo(5);
    }
  }

  @Test
  void shouldLeadNoLongerWithoutAMajorityWhileANewVoterCatchesUp() throws Exception {
    try (TestCluster cluster = TestCluster.onNetwork(directory, TestNodes.ELECTION_TIMEOUT)) {
      // given a new voter that answers and does not get ahead
      UUID group = cluster.create("t-0");
      cluster.append(group, TestBatch.of(1, 5));
      int old = cluster.awaitLeader(group);
      ReplicatedLog log = cluster.log(old, group);
      int joining = cluster.join(TestEngines.NAME);
      cluster.gate(joining).closeGate();
      cluster.createEmpty(joining, group);
      CompletableFuture<Void> adding =
          cluster.node(old).groups().addVoter(group, cluster.voter(joining));

      // when
      cutAll(cluster);

      // then
      TestNodes.await("it leads no longer", () -> !(log.leadership() instanceof Leadership.Ready));
      assertThatThrownBy(() -> await(adding)).hasCauseInstanceOf(GroupChangeException.class);
      cluster.gate(joining).openGate();
      healAll(cluster);
    }
  }

  /** The first nodes reach each other no more, in neither direction. */
  private static void cutAll(TestCluster cluster) {
    for (int i = 0; i < TestCluster.NODES; i++) {
      cluster.network(i).cut();
    }
  }

  private static void healAll(TestCluster cluster) {
    for (int i = 0; i < TestCluster.NODES; i++) {
      cluster.network(i).heal();
    }
  }
}
