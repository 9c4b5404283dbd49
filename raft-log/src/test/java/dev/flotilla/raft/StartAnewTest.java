package dev.flotilla.raft;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.flotilla.proto.Checkpoint;
import dev.flotilla.storage.LogBase;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import org.apache.ratis.proto.RaftProtos.FollowerInfoProto;
import org.apache.ratis.proto.RaftProtos.RoleInfoProto;
import org.apache.ratis.proto.RaftProtos.ServerRpcProto;
import org.apache.ratis.protocol.RaftPeer;
import org.apache.ratis.server.protocol.TermIndex;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What Ratis calls installing a snapshot, and what of it touches data. */
class StartAnewTest {

  @TempDir Path directory;

  @Test
  void shouldKeepEverythingOfAHealthyFollowerThatIsToldToInstall() throws Exception {
    try (TestCluster cluster = new TestCluster(directory, "mmap")) {
      // given a leader whose log begins later, and a follower that has all of it
      UUID group = cluster.create("t-0");
      for (int i = 0; i < 5; i++) {
        cluster.append(group, TestBatch.of(i, 10));
      }
      int leader = cluster.awaitLeader(group);
      int follower = (leader + 1) % TestCluster.NODES;
      cluster.log(leader, group).moveLogStart(20).get(60, TimeUnit.SECONDS);
      cluster.awaitHighWatermark(follower, group, 50);
      Replica replica = cluster.node(follower).replica(group).orElseThrow();
      TestNodes.await("the start", () -> replica.memory().start().offset() == 20);
      byte[] content = cluster.content(follower, group);
      TermIndex applied = replica.state().last();
      LogTail tail = replica.memory().tail();

      // when its appender was restarted, which may name any start up to the follower's end
      StartTransfer transfer = new StartTransfer(replica);
      for (long start : new long[] {0, replica.memory().start().index(), applied.getIndex() + 1}) {
        TermIndex installed =
            transfer.follow(RoleInfoProto.getDefaultInstance(), start).get(60, TimeUnit.SECONDS);

        // then it answers with what it has applied, durably
        assertThat(installed).isEqualTo(applied);
        assertThat(replica.stored().checkpoints().newest().orElseThrow().getIndex())
            .isEqualTo(applied.getIndex());
      }
      assertThat(replica.memory().tail()).isEqualTo(tail);
      assertThat(cluster.content(follower, group)).isEqualTo(content);
      cluster.append(group, TestBatch.of(9, 1));
      cluster.awaitHighWatermark(follower, group, 51);
    }
  }

  @Test
  void shouldNotWaitForOneThatLedWhenAnotherLeads() throws Exception {
    try (TestCluster cluster = new TestCluster(directory, TestEngines.NAME);
        ServerSocket silent = new ServerSocket(0, 8, InetAddress.getLoopbackAddress())) {
      // given a follower
      UUID group = cluster.create("t-0");
      cluster.append(group, TestBatch.of(0, 1));
      int leader = cluster.awaitLeader(group);
      int follower = (leader + 1) % TestCluster.NODES;
      int led = (leader + 2) % TestCluster.NODES;
      Replica replica = cluster.node(follower).replica(group).orElseThrow();
      long behind = replica.state().last().getIndex() + 100;

      // when one told it to begin anew that led before and does not answer any more
      RaftPeer gone =
          RaftPeer.newBuilder()
              .setId(cluster.voter(led).peerId())
              .setAddress("127.0.0.1:" + silent.getLocalPort())
              .build();
      RoleInfoProto role =
          RoleInfoProto.newBuilder()
              .setFollowerInfo(
                  FollowerInfoProto.newBuilder()
                      .setLeaderInfo(ServerRpcProto.newBuilder().setId(gone.getRaftPeerProto())))
              .build();
      CompletableFuture<TermIndex> told = new StartTransfer(replica).follow(role, behind);

      // then
      assertThatThrownBy(() -> told.get(60, TimeUnit.SECONDS))
          .isInstanceOf(ExecutionException.class)
          .hasStackTraceContaining("is led by " + cluster.voter(leader).peerId());
    }
  }

  @Test
  void shouldFinishAResetThatACrashInterrupted() throws Exception {
    finishReset(checkpoint -> checkpoint);
  }

  @Test
  void shouldFinishAResetOfALogThatWentAnotherWay() throws Exception {
    // The log reaches further than the leader's start, with an entry that was never committed.
    finishReset(checkpoint -> {
      long index = checkpoint.getIndex() - 20;
      Checkpoint.Builder earlier = checkpoint.toBuilder().setIndex(index);
      earlier.getLogStartBuilder().setIndex(index + 1);
      return earlier.build();
    });
  }

  private interface Change {
    Checkpoint of(Checkpoint checkpoint);
  }

  private void finishReset(Change change) throws Exception {
    UUID group = UUID.randomUUID();
    RaftNodeConfig config = TestNodes.config(directory, 1, 0, TestEngines.NAME);
    // given a log of some entries
    Path files;
    try (RaftNode node = TestNodes.start(config)) {
      ReplicatedLog log =
          node.createLog(group, "t-0", List.of(node.self()), new CountingState(), new Quiet());
      TestNodes.await("a leader", () -> log.leadership() instanceof Leadership.Ready);
      for (int i = 0; i < 4; i++) {
        log.append(TestBatch.of(i, 10)).future().get(60, TimeUnit.SECONDS);
      }
      files = node.replica(group).orElseThrow().stored().directory().path();
    }

    // when only the first step of a reset was done: the leader's checkpoint is there
    CheckpointStore checkpoints = CheckpointStore.open(files);
    Checkpoint before = checkpoints.newest().orElseThrow();
    Checkpoint.Builder sent =
        StoredReplica.at(new LogBase(before.getIndex() + 18, before.getTerm() + 1, 300, 7));
    sent.setConfiguration(before.getConfiguration());
    Checkpoint checkpoint = change.of(sent.build());
    checkpoints.write(checkpoint);

    // then the second is done at open, and the replica goes on from there
    CountingState state = new CountingState();
    try (RaftNode node = TestNodes.start(config)) {
      ReplicatedLog log = node.openLog(group, "t-0", state, new Quiet());
      Replica replica = node.replica(group).orElseThrow();
      assertThat(replica.stored().store().base())
          .isEqualTo(new LogBase(checkpoint.getIndex(), checkpoint.getTerm(), 300, 7));
      assertThat(log.logStartOffset()).isEqualTo(300);
      TestNodes.await("a leader", () -> log.leadership() instanceof Leadership.Ready);
      assertThat(log.append(TestBatch.of(1, 1)).future().get(60, TimeUnit.SECONDS).baseOffset())
          .isEqualTo(300);
    }
  }

  @Test
  void shouldFinishAResetThatItsDiskRefusedWhenTheDiskWorksAgain() throws Exception {
    try (TestCluster cluster = new TestCluster(directory, TestEngines.NAME)) {
      // given
      UUID group = cluster.create("t-0");
      cluster.append(group, TestBatch.of(0, 1));
      int leader = cluster.awaitLeader(group);
      int away = (leader + 1) % TestCluster.NODES;
      cluster.stop(away);
      for (int i = 1; i <= 10; i++) {
        cluster.append(group, TestBatch.of(i, 10));
      }
      cluster.log(leader, group).moveLogStart(55).get(60, TimeUnit.SECONDS);

      // when
      DiskFaults faults = TestEngines.faults(cluster.directory(away));
      faults.failingResets.set(1);
      cluster.start(away);
      ReplicatedLog log = cluster.open(away, group);

      // then
      cluster.awaitHighWatermark(away, group, 101);
      assertThat(faults.failingResets).hasValue(0);
      assertThat(faults.cuts).isNotEmpty().containsOnly(Long.MAX_VALUE);
      assertThat(log.logStartOffset()).isEqualTo(55);
      cluster.append(group, TestBatch.of(11, 1));
      cluster.awaitHighWatermark(away, group, 102);
      assertThat(cluster.content(away, group)).isEqualTo(cluster.content(leader, group));
    }
  }

  @Test
  void shouldSendItsStateToAFollowerThatIsBehindDroppedCommands() throws Exception {
    try (TestCluster cluster = new TestCluster(directory, "mmap")) {
      // given a command log of three, one of which goes away
      UUID group = UUID.randomUUID();
      List<CommandLog> logs = new ArrayList<>();
      List<ConcatenatingMachine> machines = new ArrayList<>();
      for (int i = 0; i < TestCluster.NODES; i++) {
        machines.add(new ConcatenatingMachine());
        logs.add(
            cluster
                .node(i)
                .createCommandLog(group, "meta", cluster.voters(), machines.get(i), led -> {}));
      }
      cluster.node(0).campaign(group);
      TestNodes.await("a leader", () -> leader(logs).isPresent());
      submit(logs, "a");
      int away = logs.get(0).leadership() instanceof Leadership.Ready ? 2 : 0;
      cluster.stop(away);

      // when the others drop what it needs
      submit(logs, "b".repeat(20));
      for (int i = 0; i < 20; i++) {
        submit(logs, "c");
      }
      for (int i = 0; i < TestCluster.NODES; i++) {
        if (i != away) {
          logs.get(i).snapshot().get(60, TimeUnit.SECONDS);
        }
      }
      submit(logs, "d");

      // then it gets the state, and goes on behind it
      ConcatenatingMachine restored = new ConcatenatingMachine();
      cluster.start(away);
      logs.set(away, cluster.node(away).openCommandLog(group, "meta", restored, led -> {}));
      String text = "a" + "b".repeat(20) + "c".repeat(20) + "d";
      TestNodes.await("the state", () -> restored.text().equals(text));
      assertThat(restored.commands()).isLessThan(10);
      submit(logs, "e");
      TestNodes.await("one more", () -> restored.text().equals(text + "e"));
    }
  }

  private static Optional<CommandLog> leader(List<CommandLog> logs) {
    return logs.stream().filter(log -> log.leadership() instanceof Leadership.Ready).findFirst();
  }

  private static void submit(List<CommandLog> logs, String command) throws Exception {
    CompletableFuture<ByteBuffer> answer =
        leader(logs).orElseThrow().submit(ConcatenatingMachine.CHARSET.encode(command));
    assertThat(answer.get(60, TimeUnit.SECONDS).hasRemaining()).isTrue();
  }
}
