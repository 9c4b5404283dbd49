package dev.flotilla.raft;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.flotilla.storage.LogStore.FirstBatch;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.apache.ratis.server.storage.RaftStorageMetadata;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Files that change below a replica that is running: what is read of them is never served. */
class DamageWhileRunningTest {

  /** Large enough that memory keeps only the newest two. */
  private static final int BATCH_BYTES = 128 << 10;

  private static final int BATCHES = 8;

  /** A batch that memory holds no more. */
  private static final TestBatch COLD = batch(2);

  @TempDir Path directory;

  /** Where the cold batch lies, and where the log ends. */
  private long cold;

  private long end;

  /** Its number is one that no header holds by chance. */
  private static TestBatch batch(int i) {
    return TestBatch.of(0x5EED_0000 + i, 10).withSize(BATCH_BYTES);
  }

  private UUID filled(TestCluster cluster, int batchBytes) throws Exception {
    UUID group = cluster.create("t-0");
    fill(cluster, group, batchBytes);
    for (int node = 0; node < TestCluster.NODES; node++) {
      cluster.awaitHighWatermark(node, group, end);
    }
    return group;
  }

  private void fill(TestCluster cluster, UUID group, int batchBytes) throws Exception {
    for (int i = 0; i < BATCHES; i++) {
      Appended appended = cluster.append(group, batch(i).withSize(batchBytes));
      end = appended.lastOffset() + 1;
      if (i == COLD.number() - batch(0).number()) {
        cold = appended.baseOffset();
      }
    }
  }

  private static void awaitSetAside(TestCluster cluster, int node, UUID group) throws Exception {
    TestNodes.await(
        "node " + node + " hears of the damage",
        () -> !cluster.witness(node, group).damages.isEmpty());
    assertThat(cluster.node(node).replica(group)).isEmpty();
    assertThat(cluster.log(node, group).leadership()).isInstanceOf(Leadership.Failed.class);
    assertThatThrownBy(() -> cluster.log(node, group).read(0, 1 << 20, FirstBatch.WHOLE))
        .isInstanceOf(ReplicatedLogException.Unavailable.class);
    assertThat(cluster.witness(node, group).damages).hasSize(1);
  }

  private static void assertStaysAside(TestCluster cluster, int node, UUID group) throws Exception {
    assertThatThrownBy(() -> cluster.open(node, group))
        .isInstanceOf(ReplicaQuarantinedException.class);
    cluster.stop(node);
    cluster.start(node);
    assertThatThrownBy(() -> cluster.open(node, group))
        .isInstanceOf(ReplicaQuarantinedException.class);
  }

  @Test
  void shouldSetALeaderAsideWhoseConsumerMeetsADamagedPayload() throws Exception {
    try (TestCluster cluster = new TestCluster(directory, "mmap")) {
      // given a log of more than one segment
      UUID group = filled(cluster, 640 << 10);
      int leader = cluster.awaitLeader(group);
      DamagedFiles.flipPayload(cluster.directory(leader), cold, COLD);

      // when
      assertThatThrownBy(() -> cluster.log(leader, group).read(cold, 10, FirstBatch.WHOLE))
          .isInstanceOf(ReplicatedLogException.Unavailable.class);

      // then the others go on, with all that there was
      awaitSetAside(cluster, leader, group);
      Appended later = cluster.append(group, batch(BATCHES));
      assertThat(later.baseOffset()).isGreaterThanOrEqualTo(end);
      assertThat(cluster.awaitLeader(group)).isNotEqualTo(leader);
      assertThat(cluster.content(cluster.awaitLeader(group), group))
          .hasSizeGreaterThan(BATCHES * (640 << 10));
      assertStaysAside(cluster, leader, group);
    }
  }

  @Test
  void shouldSetAFollowerAsideWhoseReaderMeetsADamagedHeader() throws Exception {
    try (TestCluster cluster = new TestCluster(directory, "mmap")) {
      // given
      UUID group = filled(cluster, BATCH_BYTES);
      int leader = cluster.awaitLeader(group);
      int damaged = (leader + 1) % TestCluster.NODES;
      DamagedFiles.flipHeader(cluster.directory(damaged), cold, COLD);

      // when
      assertThatThrownBy(() -> cluster.log(damaged, group).headers(cold, header -> {}))
          .isInstanceOf(ReplicatedLogException.Unavailable.class);

      // then
      awaitSetAside(cluster, damaged, group);
      cluster.append(group, batch(BATCHES));
      assertThat(cluster.awaitLeader(group)).isEqualTo(leader);
      assertStaysAside(cluster, damaged, group);
    }
  }

  @Test
  void shouldSetALeaderAsideThatCannotReadWhatAFollowerLacks() throws Exception {
    try (TestCluster cluster = new TestCluster(directory, "mmap")) {
      // given a follower that lacks what its leader has no more in memory, and finds damaged
      UUID group = cluster.create("t-0");
      cluster.append(group, TestBatch.of(1, 1));
      int leader = cluster.awaitLeader(group);
      int lagging = (leader + 1) % TestCluster.NODES;
      int other = (leader + 2) % TestCluster.NODES;
      cluster.stop(lagging);
      fill(cluster, group, BATCH_BYTES);
      cluster.awaitHighWatermark(other, group, end);
      int sending = cluster.awaitLeader(group);
      int whole = sending == leader ? other : leader;
      DamagedFiles.garble(cluster.directory(sending), cold, COLD);

      // when it comes back
      cluster.start(lagging);
      cluster.open(lagging, group);

      // then it gets what it lacks from the other one, and nothing else
      awaitSetAside(cluster, sending, group);
      cluster.awaitHighWatermark(lagging, group, end);
      assertThat(cluster.content(lagging, group)).isEqualTo(cluster.content(whole, group));
      cluster.append(group, batch(BATCHES));
      assertStaysAside(cluster, sending, group);
    }
  }

  @Test
  void shouldSetAReplicaAsideWhoseEntriesAreDamagedBeforeTheyAreAppliedAgain() throws Exception {
    try (TestCluster cluster = new TestCluster(directory, "mmap")) {
      // given a follower that has to apply everything again, of which one header is damaged
      UUID group = filled(cluster, BATCH_BYTES);
      int damaged = (cluster.awaitLeader(group) + 1) % TestCluster.NODES;
      cluster.stop(damaged);
      Path replica = cluster.directory(damaged).resolve("replicas").resolve(group.toString());
      Files.delete(replica.resolve("checkpoint-0"));
      Files.delete(replica.resolve("checkpoint-1"));
      DamagedFiles.flipHeader(cluster.directory(damaged), cold, COLD);

      // then
      cluster.start(damaged);
      assertThatThrownBy(() -> cluster.open(damaged, group))
          .isInstanceOf(ReplicaQuarantinedException.class);
      cluster.append(group, batch(BATCHES));
    }
  }

  @Test
  void shouldSetAReplicaAsideWhoseCheckpointNeedsADamagedHeader() throws Exception {
    try (TestCluster cluster = new TestCluster(directory, "mmap")) {
      // given
      UUID group = filled(cluster, BATCH_BYTES);
      int leader = cluster.awaitLeader(group);
      int damaged = (leader + 1) % TestCluster.NODES;
      DamagedFiles.flipHeader(cluster.directory(damaged), cold, COLD);

      // when the log's start moves behind it, and is checkpointed
      cluster.log(leader, group).moveLogStart(cold + 10).get(60, TimeUnit.SECONDS);

      // then
      awaitSetAside(cluster, damaged, group);
      cluster.append(group, batch(BATCHES));
      assertStaysAside(cluster, damaged, group);
    }
  }

  @Test
  void shouldNeitherVoteNorAppendOnceItIsDamaged() throws Exception {
    try (TestCluster cluster = new TestCluster(directory, "mmap")) {
      // given
      UUID group = filled(cluster, BATCH_BYTES);
      int damaged = (cluster.awaitLeader(group) + 1) % TestCluster.NODES;
      Replica replica = cluster.node(damaged).replica(group).orElseThrow();
      RaftStorageMetadata vote = replica.log().loadMetadata();

      // when
      replica.member().damaged("as asked", new AssertionError("as asked"));

      // then, from that moment on
      assertThatThrownBy(() ->
              replica
                  .log()
                  .persistMetadata(
                      RaftStorageMetadata.valueOf(vote.getTerm() + 1, vote.getVotedFor())))
          .isInstanceOf(IOException.class)
          .hasMessageContaining("damaged");
      assertThat(replica.stored().votes().current().term()).isEqualTo(vote.getTerm());
      awaitSetAside(cluster, damaged, group);
    }
  }

  @Test
  void shouldTellNobodyOfDamageInWhatItsOwnerHasClosed() throws Exception {
    try (RaftNode node = TestNodes.start(TestNodes.config(directory, 1, 0, "mmap"))) {
      // given a replica that was deleted and made anew
      UUID group = UUID.randomUUID();
      Witness first = new Witness();
      ReplicatedLog log =
          node.createLog(group, "t-0", List.of(node.self()), new CountingState(), first);
      TestNodes.await("a leader", () -> log.leadership() instanceof Leadership.Ready);
      Replica old = node.replica(group).orElseThrow();
      node.deleteGroup(group);
      Witness second = new Witness();
      ReplicatedLog anew =
          node.createLog(group, "t-0", List.of(node.self()), new CountingState(), second);
      TestNodes.await("a leader", () -> anew.leadership() instanceof Leadership.Ready);

      // when damage of the first is dealt with only now
      node.replicas().setAside(old, "late");

      // then
      CompletableFuture<Appended> appended = anew.append(TestBatch.of(1, 1)).future();
      assertThat(appended.get(60, TimeUnit.SECONDS).baseOffset()).isZero();
      assertThat(first.damages).isEmpty();
      assertThat(second.damages).isEmpty();
      node.closeGroup(group);
      node.openLog(group, "t-0", new CountingState(), second);
    }
  }
}
