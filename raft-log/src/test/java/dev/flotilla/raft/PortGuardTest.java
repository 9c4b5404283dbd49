package dev.flotilla.raft;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.UUID;
import org.apache.ratis.client.RaftClient;
import org.apache.ratis.conf.RaftProperties;
import org.apache.ratis.protocol.Message;
import org.apache.ratis.protocol.RaftGroup;
import org.apache.ratis.protocol.RaftGroupId;
import org.apache.ratis.protocol.RaftPeer;
import org.apache.ratis.protocol.RaftPeerId;
import org.apache.ratis.retry.RetryPolicies;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Ratis' own client at the port of a node. */
class PortGuardTest {

  @TempDir Path directory;

  @Test
  void shouldServeNeitherAdministratorsNorClientsOfRatis() throws Exception {
    try (TestCluster cluster = new TestCluster(directory, "mmap")) {
      // given
      UUID group = cluster.create("t-0");
      int leader = cluster.awaitLeader(group);
      int other = (leader + 1) % TestCluster.NODES;
      RaftPeer[] peers = cluster.voters().stream().map(RatisServer::peer).toArray(RaftPeer[]::new);
      RaftPeerId leaderId = peers[leader].getId();
      try (RaftClient client =
          RaftClient.newBuilder()
              .setProperties(new RaftProperties())
              .setRaftGroup(RaftGroup.valueOf(RaftGroupId.valueOf(group), peers))
              .setLeaderId(leaderId)
              .setRetryPolicy(RetryPolicies.noRetry())
              .build()) {
        // then
        refused(() -> client.admin().setConfiguration(List.of(peers[leader])));
        refused(() -> client.admin().transferLeadership(peers[other].getId(), 1000));
        refused(() -> client.getGroupManagementApi(leaderId).list());
        refused(() -> client.getSnapshotManagementApi(leaderId).create(1000));
        refused(() -> client.io().send(Message.valueOf("no batch")));
        refused(() -> client.io().sendReadOnly(Message.EMPTY, leaderId));
      }

      // and all is as it was
      assertThat(cluster.node(leader).groups().voters(group)).hasSize(TestCluster.NODES);
      assertThat(cluster.append(group, TestBatch.of(1, 1)).baseOffset()).isZero();
    }
  }

  private interface Request {
    Object send() throws IOException;
  }

  private static void refused(Request request) {
    assertThatThrownBy(request::send).hasStackTraceContaining("is not served here");
  }
}
