package dev.flotilla.raft;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import org.apache.ratis.client.RaftClient;
import org.apache.ratis.protocol.RaftClientReply;
import org.apache.ratis.protocol.RaftGroup;
import org.apache.ratis.protocol.RaftGroupId;
import org.apache.ratis.protocol.RaftPeer;
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
      configure(cluster, group, leader, other);
      cluster.node(rebuilt).deleteGroup(group);
      cluster.append(group, TestBatch.of(2, 3));
      cluster.createEmpty(rebuilt, group);
      assertThat(cluster.log(rebuilt, group).leadership().term()).isZero();
      configure(cluster, group, leader, other, rebuilt);

      // then
      cluster.awaitHighWatermark(rebuilt, group, 8);
      assertThat(cluster.content(rebuilt, group)).isEqualTo(cluster.content(leader, group));

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
      configure(cluster, group, leader, other);
      cluster.node(rebuilt).deleteGroup(group);
      cluster.log(leader, group).moveLogStart(42).get(60, TimeUnit.SECONDS);

      // when
      cluster.createEmpty(rebuilt, group);
      configure(cluster, group, leader, other, rebuilt);

      // then
      cluster.awaitHighWatermark(rebuilt, group, 100);
      assertThat(cluster.log(rebuilt, group).logStartOffset()).isEqualTo(42);
      assertThat(cluster.content(rebuilt, group)).isEqualTo(cluster.content(leader, group));

      // and it finds its configuration again
      cluster.stop(rebuilt);
      cluster.start(rebuilt);
      cluster.open(rebuilt, group);
      cluster.stop(other);
      cluster.append(group, TestBatch.of(11, 1));
      cluster.awaitHighWatermark(rebuilt, group, 101);
    }
  }

  private static void configure(TestCluster cluster, UUID group, int... members) throws Exception {
    List<RaftPeer> peers =
        Arrays.stream(members).mapToObj(cluster.voters()::get).map(MembershipTest::peer).toList();
    RaftGroup all =
        RaftGroup.valueOf(
            RaftGroupId.valueOf(group),
            cluster.voters().stream().map(MembershipTest::peer).toList());
    try (RaftClient client =
        RaftClient.newBuilder()
            .setProperties(cluster.node(members[0]).ratisProperties())
            .setRaftGroup(all)
            .setLeaderId(peers.getFirst().getId())
            .build()) {
      RaftClientReply reply = client.admin().setConfiguration(peers);
      assertThat(reply.isSuccess()).as("%s", reply).isTrue();
    }
  }

  private static RaftPeer peer(Voter voter) {
    return RaftPeer.newBuilder()
        .setId(voter.peerId())
        .setAddress(voter.host() + ":" + voter.port())
        .build();
  }
}
