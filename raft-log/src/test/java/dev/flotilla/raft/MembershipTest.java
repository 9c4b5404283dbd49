package dev.flotilla.raft;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.apache.ratis.proto.RaftProtos.LogEntryProto;
import org.apache.ratis.proto.RaftProtos.RaftConfigurationProto;
import org.apache.ratis.proto.RaftProtos.RaftPeerProto;
import org.apache.ratis.server.RaftConfiguration;
import org.apache.ratis.server.raftlog.LogProtoUtils;
import org.apache.ratis.thirdparty.com.google.protobuf.ByteString;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Members that leave and join, one at a time, as a rebuild does it. */
class MembershipTest {

  @TempDir Path directory;

  @Test
  void shouldRebuildAReplicaAsANewMember() throws Exception {
    try (TestCluster cluster = new TestCluster(directory, "mmap")) {
      // given
      UUID group = cluster.create("t-0");
      cluster.append(group, TestBatch.of(1, 5));
      int leader = cluster.awaitLeader(group);
      int rebuilt = (leader + 1) % TestCluster.NODES;
      int other = (leader + 2) % TestCluster.NODES;

      // when it is removed, then wiped, then waits without a vote, then is added
      remove(cluster, group, leader, rebuilt);
      cluster.node(rebuilt).deleteGroup(group);
      cluster.append(group, TestBatch.of(2, 3));
      cluster.createEmpty(rebuilt, group);
      assertThat(cluster.log(rebuilt, group).leadership().term()).isZero();
      assertThat(cluster.node(rebuilt).groups().voters(group)).isEmpty();
      add(cluster, group, leader, rebuilt);

      // then
      cluster.awaitHighWatermark(rebuilt, group, 8);
      assertSame(cluster, group, leader, rebuilt);
      assertThat(voters(cluster, leader, group)).isEqualTo(cluster.voters());

      // and it counts: with it the other one is not needed
      cluster.stop(other);
      cluster.append(group, TestBatch.of(3, 1));
      cluster.awaitHighWatermark(rebuilt, group, 9);
    }
  }

  @Test
  void shouldAddAMemberToALogThatBeginsLater() throws Exception {
    try (TestCluster cluster = new TestCluster(directory, "mmap")) {
      // given
      UUID group = cluster.create("t-0");
      int leader = cluster.awaitLeader(group);
      int rebuilt = (leader + 1) % TestCluster.NODES;
      int other = (leader + 2) % TestCluster.NODES;
      for (int i = 0; i < 10; i++) {
        cluster.append(group, TestBatch.of(i, 10));
      }
      remove(cluster, group, leader, rebuilt);
      cluster.node(rebuilt).deleteGroup(group);
      cluster.log(leader, group).moveLogStart(42).get(60, TimeUnit.SECONDS);

      // when
      cluster.createEmpty(rebuilt, group);
      add(cluster, group, leader, rebuilt);

      // then
      cluster.awaitHighWatermark(rebuilt, group, 100);
      assertThat(cluster.log(rebuilt, group).logStartOffset()).isEqualTo(42);
      assertSame(cluster, group, leader, rebuilt);

      // and it finds its configuration again
      cluster.stop(rebuilt);
      cluster.start(rebuilt);
      cluster.open(rebuilt, group);
      cluster.stop(other);
      cluster.append(group, TestBatch.of(11, 1));
      cluster.awaitHighWatermark(rebuilt, group, 101);
    }
  }

  @Test
  void shouldMoveAReplicaToAFourthNode() throws Exception {
    try (TestCluster cluster = new TestCluster(directory, "mmap")) {
      // given
      UUID group = cluster.create("t-0");
      cluster.append(group, TestBatch.of(1, 5));
      int leader = cluster.awaitLeader(group);
      int old = (leader + 1) % TestCluster.NODES;
      int other = (leader + 2) % TestCluster.NODES;

      // when a replica that waits, and was closed and opened meanwhile, is added
      int joining = cluster.join();
      cluster.createEmpty(joining, group);
      cluster.stop(joining);
      cluster.start(joining);
      cluster.open(joining, group);
      add(cluster, group, leader, joining);

      // then four vote
      cluster.awaitHighWatermark(joining, group, 5);
      assertThat(voters(cluster, leader, group))
          .containsExactlyInAnyOrder(
              cluster.voter(0), cluster.voter(1), cluster.voter(2), cluster.voter(joining));

      // when the old one goes
      remove(cluster, group, leader, old);
      cluster.node(old).deleteGroup(group);
      cluster.append(group, TestBatch.of(2, 3));

      // then the three that remain need two
      cluster.awaitHighWatermark(joining, group, 8);
      assertSame(cluster, group, leader, joining);
      cluster.stop(other);
      cluster.append(group, TestBatch.of(3, 1));
      cluster.awaitHighWatermark(joining, group, 9);
    }
  }

  @Test
  void shouldDoNothingWhenTheVotersAreAsWanted() throws Exception {
    try (TestCluster cluster = new TestCluster(directory, "mmap")) {
      // given
      UUID group = cluster.create("t-0");
      int leader = cluster.awaitLeader(group);
      int follower = (leader + 1) % TestCluster.NODES;
      long end = cluster.node(leader).replica(group).orElseThrow().memory().tail().nextIndex();

      // when
      add(cluster, group, leader, follower);
      await(cluster.node(leader).groups().removeVoter(group, "9-unknown"));

      // then
      assertThat(cluster.node(leader).replica(group).orElseThrow().memory().tail().nextIndex())
          .isEqualTo(end);
      assertThat(voters(cluster, leader, group)).isEqualTo(cluster.voters());
    }
  }

  @Test
  void shouldChangeMembersOnlyWhereTheGroupIsLed() throws Exception {
    try (TestCluster cluster = new TestCluster(directory, "mmap")) {
      // given
      UUID group = cluster.create("t-0");
      int leader = cluster.awaitLeader(group);
      int follower = (leader + 1) % TestCluster.NODES;
      int other = (leader + 2) % TestCluster.NODES;
      TestNodes.await(
          "the follower knows the leader",
          () ->
              cluster.log(follower, group).leadership() instanceof Leadership.Following following
                  && following.leaderNodeId().isPresent());

      // then
      assertThatThrownBy(() -> remove(cluster, group, follower, other))
          .hasCauseInstanceOf(GroupChangeException.NotLeader.class)
          .cause()
          .extracting(failure -> ((GroupChangeException) failure).leaderNodeId().orElseThrow())
          .isEqualTo(leader);
      assertThatThrownBy(() -> remove(cluster, group, leader, leader))
          .hasCauseInstanceOf(GroupChangeException.Refused.class)
          .hasMessageContaining("transfer leadership first");
      assertThatThrownBy(() -> remove(cluster, UUID.randomUUID(), leader, other))
          .hasCauseInstanceOf(GroupChangeException.Refused.class);
      assertThat(voters(cluster, leader, group)).isEqualTo(cluster.voters());
    }
  }

  @Test
  void shouldRefuseASecondChangeUntilTheFirstIsCommitted() throws Exception {
    try (TestCluster cluster = new TestCluster(directory, TestEngines.NAME)) {
      // given a change that cannot be committed
      UUID group = cluster.create("t-0");
      int leader = cluster.awaitLeader(group);
      int first = (leader + 1) % TestCluster.NODES;
      int second = (leader + 2) % TestCluster.NODES;
      cluster.gate(first).closeGate();
      cluster.gate(second).closeGate();
      CompletableFuture<Void> pending =
          cluster.node(leader).groups().removeVoter(group, cluster.voter(first).peerId());
      TestNodes.await(
          "the change is under way",
          () ->
              !cluster
                  .node(leader)
                  .replica(group)
                  .orElseThrow()
                  .member()
                  .division()
                  .configuration()
                  .getPreviousPeers()
                  .isEmpty());

      // then
      assertThatThrownBy(() -> remove(cluster, group, leader, second))
          .hasCauseInstanceOf(GroupChangeException.TooEarly.class);
      assertThat(pending).isNotDone();

      // when
      cluster.gate(first).openGate();
      cluster.gate(second).openGate();

      // then
      await(pending);
      assertThat(voters(cluster, leader, group))
          .containsExactlyInAnyOrder(cluster.voter(leader), cluster.voter(second));
    }
  }

  @Test
  void shouldGiveUpOnANewMemberThatIsNotThere() throws Exception {
    try (TestCluster cluster = new TestCluster(directory, "mmap")) {
      // given
      UUID group = cluster.create("t-0");
      int leader = cluster.awaitLeader(group);
      Voter absent = new Voter("9-absent", 9, "127.0.0.1", TestNodes.freePort());

      // then
      assertThatThrownBy(() -> await(cluster.node(leader).groups().addVoter(group, absent)))
          .hasCauseInstanceOf(GroupChangeException.TimedOut.class);
      assertThat(voters(cluster, leader, group)).isEqualTo(cluster.voters());
      cluster.append(group, TestBatch.of(1, 1));
    }
  }

  @Test
  void shouldRefuseAConfigurationThatChangesTwoVoters() throws Exception {
    try (TestCluster cluster = new TestCluster(directory, "mmap")) {
      // given
      UUID group = cluster.create("t-0");
      cluster.append(group, TestBatch.of(1, 1));
      int leader = cluster.awaitLeader(group);
      Replica replica = cluster.node(leader).replica(group).orElseThrow();
      RaftConfiguration one = configuration(List.of(cluster.voter(leader)));
      long end = replica.memory().tail().nextIndex();

      // when
      synchronized (replica.member().monitor()) {
        assertThatThrownBy(() -> replica.log().append(replica.member().currentTerm(), one))
            .isInstanceOf(IllegalStateException.class)
            .hasMessageContaining("more than one voter");
      }

      // then nothing of it is in the log, and the replica comes back
      assertThat(replica.memory().tail().nextIndex()).isEqualTo(end);
      TestNodes.await(
          "the replica is open again",
          () -> cluster.node(leader).replica(group).filter(now -> now != replica).isPresent());
      assertThat(cluster.append(group, TestBatch.of(2, 1)).baseOffset()).isEqualTo(1);
      cluster.awaitHighWatermark(leader, group, 2);
      assertThat(voters(cluster, leader, group)).isEqualTo(cluster.voters());
    }
  }

  private static RaftConfiguration configuration(List<Voter> voters) {
    RaftConfigurationProto.Builder configuration = RaftConfigurationProto.newBuilder();
    for (Voter voter : voters) {
      configuration.addPeers(
          RaftPeerProto.newBuilder()
              .setId(ByteString.copyFromUtf8(voter.peerId()))
              .setAddress(voter.host() + ":" + voter.port()));
    }
    return LogProtoUtils.toRaftConfiguration(
        LogEntryProto.newBuilder().setConfigurationEntry(configuration).build());
  }

  private static void add(TestCluster cluster, UUID group, int leader, int node) throws Exception {
    await(cluster.node(leader).groups().addVoter(group, cluster.voter(node)));
  }

  private static void remove(TestCluster cluster, UUID group, int leader, int node)
      throws Exception {
    await(cluster.node(leader).groups().removeVoter(group, cluster.voter(node).peerId()));
  }

  private static void await(CompletableFuture<Void> change) throws Exception {
    var _ = change.get(TestNodes.DEADLINE.toMillis(), TimeUnit.MILLISECONDS);
  }

  private static List<Voter> voters(TestCluster cluster, int node, UUID group) {
    return cluster.node(node).groups().voters(group).stream()
        .sorted(Comparator.comparingInt(Voter::nodeId))
        .toList();
  }

  private static void assertSame(TestCluster cluster, UUID group, int leader, int node) {
    assertThat(cluster.content(node, group)).isEqualTo(cluster.content(leader, group));
    LogTail tail = cluster.node(leader).replica(group).orElseThrow().memory().tail();
    assertThat(cluster.node(node).replica(group).orElseThrow().memory().tail().digest())
        .isEqualTo(tail.digest());
  }
}
