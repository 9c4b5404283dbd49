package dev.flotilla.raft;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Path;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.apache.ratis.server.impl.RaftLogInstaller;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * A leader that is elected while the removal of a voter is under way: Ratis goes on with the voters
 * that are left, but also with sending to the one that was removed.
 */
class InterruptedRemovalTest {

  private static final int LEADER = 0;
  private static final int OTHER = 1;
  private static final int REMOVED = 2;

  @TempDir Path directory;

  @Test
  void shouldStepDownBeforeItAddsAVoterToWhichItNeverStoppedSending() throws Exception {
    try (TestCluster cluster = TestCluster.campaigningWhenTold(directory, TestEngines.NAME)) {
      // given a removal that is not committed yet
      UUID group = cluster.createLed("t-0");
      cluster.append(group, TestBatch.of(1, 1));
      cluster.stop(REMOVED);
      cluster.gate(OTHER).closeGate();
      CompletableFuture<Void> removal =
          cluster.node(LEADER).groups().removeVoter(group, cluster.voter(REMOVED).peerId());
      TestNodes.await(
          "the change is under way",
          () ->
              isBetweenVoters(cluster, LEADER, group)
                  && isBetweenVoters(cluster, OTHER, group)
                  && nextIndex(cluster, LEADER, group) == nextIndex(cluster, OTHER, group));

      // when its leader steps down and is elected again
      division(cluster, LEADER, group).stepDown();
      assertThatThrownBy(() -> await(removal))
          .hasCauseInstanceOf(GroupChangeException.NotLeader.class);
      TestNodes.await(
          "an election",
          () -> {
            cluster.node(LEADER).campaign(group);
            return cluster.log(LEADER, group).leadership() instanceof Leadership.NotReady;
          });

      // then the removal is the first that it has to commit
      assertThatThrownBy(() -> add(cluster, group))
          .hasCauseInstanceOf(GroupChangeException.TooEarly.class);
      cluster.gate(OTHER).openGate();
      cluster.awaitLeading(LEADER, group);
      assertThat(cluster.node(LEADER).groups().voters(group))
          .containsExactlyInAnyOrder(cluster.voter(LEADER), cluster.voter(OTHER));

      // and it still sends to who is no voter
      assertThat(receivers(cluster, group)).contains(cluster.voter(REMOVED).peerId());

      // when that one is to be a voter again, which would begin a change that never ends
      assertThatThrownBy(() -> add(cluster, group))
          .hasCauseInstanceOf(GroupChangeException.NotLeader.class);

      // then it has stepped down, and the next leader sends to voters only
      TestNodes.await(
          "a leader that stepped down",
          () -> cluster.log(LEADER, group).leadership() instanceof Leadership.Following);
      cluster.awaitLeading(LEADER, group);
      assertThat(receivers(cluster, group)).containsExactly(cluster.voter(OTHER).peerId());
    }
  }

  private static RaftLogInstaller division(TestCluster cluster, int node, UUID group) {
    return cluster.node(node).replica(group).orElseThrow().member().division();
  }

  private static boolean isBetweenVoters(TestCluster cluster, int node, UUID group) {
    return !division(cluster, node, group).configuration().getPreviousPeers().isEmpty();
  }

  private static long nextIndex(TestCluster cluster, int node, UUID group) {
    return cluster.node(node).replica(group).orElseThrow().memory().tail().nextIndex();
  }

  /** The peer ids of those to whom the leader sends. */
  private static List<String> receivers(TestCluster cluster, UUID group) {
    return division(cluster, LEADER, group).followers().stream()
        .map(follower -> follower.getId().toString())
        .toList();
  }

  private static void add(TestCluster cluster, UUID group) throws Exception {
    await(cluster.node(LEADER).groups().addVoter(group, cluster.voter(REMOVED)));
  }

  private static void await(CompletableFuture<Void> change) throws Exception {
    var _ = change.get(TestNodes.DEADLINE.toMillis(), TimeUnit.MILLISECONDS);
  }
}
