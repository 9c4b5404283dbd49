package dev.flotilla.raft;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.time.Duration;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.apache.ratis.server.leader.FollowerInfo;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * A follower has an entry, the answer that says so is lost with its connection, and nothing more is
 * appended.
 */
class LostAnswerTest {

  private static final int FOLLOWER = 2;

  /** Longer than the connection is broken, on a busy machine too: the leader stays. */
  private static final Duration ELECTION_TIMEOUT = Duration.ofSeconds(2);

  @TempDir Path directory;
  private UUID group = UUID.randomUUID();

  @Test
  void shouldLearnThatAFollowerHasWhatOthersCommitted() throws Exception {
    try (TestCluster cluster = led()) {
      // when
      CompletableFuture<Appended> appended = appendWithoutAnswer(cluster);
      appended.get(60, TimeUnit.SECONDS);

      // then
      awaitKnown(cluster);
    }
  }

  @Test
  void shouldCommitWhatAFollowerHasWithoutWhomThereIsNoMajority() throws Exception {
    try (TestCluster cluster = led()) {
      // given
      cluster.stop(1);

      // when
      CompletableFuture<Appended> appended = appendWithoutAnswer(cluster);

      // then
      assertThat(appended.get(60, TimeUnit.SECONDS).baseOffset()).isEqualTo(1);
      awaitKnown(cluster);
    }
  }

  private TestCluster led() throws Exception {
    TestCluster cluster = TestCluster.onNetworkAndGates(directory, ELECTION_TIMEOUT);
    group = cluster.createLed("t-0");
    cluster.append(group, TestBatch.of(1, 1));
    awaitKnown(cluster);
    return cluster;
  }

  private CompletableFuture<Appended> appendWithoutAnswer(TestCluster cluster) throws Exception {
    // The follower takes the entry, and its disk takes its time.
    cluster.gate(FOLLOWER).closeGate();
    CompletableFuture<Appended> appended =
        cluster.log(0, group).append(TestBatch.of(2, 1)).future();
    LogMemory memory = cluster.node(FOLLOWER).replica(group).orElseThrow().memory();
    TestNodes.await("an entry at the follower", () -> memory.tail().endOffset() == 2);

    // Before it can answer the connection breaks.
    cluster.network(FOLLOWER).breakDown();
    cluster.gate(FOLLOWER).openGate();
    TestNodes.await("a durable entry", () -> memory.flushIndex() == memory.tail().lastIndex());
    cluster.network(FOLLOWER).mend();
    return appended;
  }

  private void awaitKnown(TestCluster cluster) throws InterruptedException {
    String follower = cluster.voter(FOLLOWER).peerId();
    TestNodes.await(
        "a leader that knows what the follower has",
        () -> {
          Replica leader = cluster.node(0).replica(group).orElseThrow();
          long last = leader.memory().tail().lastIndex();
          return leader.member().division().followers().stream()
              .filter(one -> one.getId().toString().equals(follower))
              .mapToLong(FollowerInfo::getMatchIndex)
              .anyMatch(match -> match == last);
        });
  }
}
