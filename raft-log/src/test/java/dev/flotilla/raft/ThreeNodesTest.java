package dev.flotilla.raft;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import dev.flotilla.storage.StorageException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.apache.ratis.protocol.RaftGroupId;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.slf4j.LoggerFactory;

class ThreeNodesTest {

  @TempDir Path directory;

  @Test
  void shouldElectTheNodeThatCampaignsAndReplicateItsRecords() throws Exception {
    try (TestCluster cluster = new TestCluster(directory, "mmap")) {
      // when
      UUID group = cluster.create("t-0");
      Appended appended = cluster.append(group, TestBatch.of(1, 5));

      // then
      assertThat(appended.baseOffset()).isZero();
      for (int node = 0; node < TestCluster.NODES; node++) {
        cluster.awaitHighWatermark(node, group, 5);
        assertThat(cluster.content(node, group)).isEqualTo(cluster.content(0, group));
      }
    }
  }

  @Test
  void shouldGoOnWithoutItsLeaderAndTakeItBack() throws Exception {
    try (TestCluster cluster = new TestCluster(directory, "mmap")) {
      // given
      UUID group = cluster.create("t-0");
      cluster.append(group, TestBatch.of(1, 5));
      int old = cluster.awaitLeader(group);

      // when
      cluster.stop(old);
      Appended second = cluster.append(group, TestBatch.of(2, 3));
      cluster.start(old);
      cluster.open(old, group);

      // then
      assertThat(second.baseOffset()).isEqualTo(5);
      cluster.awaitHighWatermark(old, group, 8);
      assertThat(cluster.content(old, group))
          .isEqualTo(cluster.content(cluster.awaitLeader(group), group));
    }
  }

  @Test
  void shouldSendOldEntriesToAReplicaThatWasAwayForLong() throws Exception {
    try (TestCluster cluster = new TestCluster(directory, "mmap")) {
      // given: what is kept in memory is much less than what is missed
      UUID group = cluster.create("t-0");
      cluster.append(group, TestBatch.of(0, 1));
      int leader = cluster.awaitLeader(group);
      int away = (leader + 1) % TestCluster.NODES;
      cluster.stop(away);
      for (int i = 1; i <= 40; i++) {
        cluster.append(group, TestBatch.of(i, 2).withSize(200_000));
      }

      // when
      cluster.start(away);
      cluster.open(away, group);

      // then
      cluster.awaitHighWatermark(away, group, 81);
      assertThat(cluster.content(away, group)).isEqualTo(cluster.content(leader, group));
      assertThat(cluster.state(away, group).offsets).isEqualTo(81);
    }
  }

  @Test
  void shouldStartAReplicaAnewThatIsBehindTheLogStart() throws Exception {
    try (TestCluster cluster = new TestCluster(directory, "mmap")) {
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
      cluster.append(group, TestBatch.of(11, 1));

      // when
      cluster.start(away);
      cluster.open(away, group);

      // then
      cluster.awaitHighWatermark(away, group, 102);
      assertThat(cluster.log(away, group).logStartOffset()).isEqualTo(55);
      assertThat(cluster.content(away, group)).isEqualTo(cluster.content(leader, group));
      // Its state follows from what is kept: from the entry that holds offset 55, and no further.
      assertThat(cluster.state(away, group).offsets).isEqualTo(102 - 51);

      // and it stays so
      cluster.stop(away);
      cluster.start(away);
      cluster.open(away, group);
      cluster.append(group, TestBatch.of(12, 1));
      cluster.awaitHighWatermark(away, group, 103);
      assertThat(cluster.log(away, group).logStartOffset()).isEqualTo(55);
    }
  }

  @Test
  void shouldComeBackAfterAllNodesWereDown() throws Exception {
    try (TestCluster cluster = new TestCluster(directory, "mmap")) {
      // given
      List<UUID> groups = new ArrayList<>();
      for (int i = 0; i < 5; i++) {
        groups.add(cluster.create("t-" + i));
      }
      for (UUID group : groups) {
        cluster.append(group, TestBatch.of(1, 4));
      }

      // when
      for (int node = 0; node < TestCluster.NODES; node++) {
        cluster.stop(node);
      }
      for (int node = 0; node < TestCluster.NODES; node++) {
        cluster.start(node);
        for (UUID group : groups) {
          cluster.open(node, group);
        }
      }

      // then
      for (UUID group : groups) {
        assertThat(cluster.append(group, TestBatch.of(2, 1)).baseOffset()).isEqualTo(4);
      }
    }
  }

  @Test
  void shouldSetAsideOneDamagedLogAndKeepTheOthers() throws Exception {
    try (TestCluster cluster = new TestCluster(directory, "mmap")) {
      // given
      UUID damaged = cluster.create("damaged");
      UUID sound = cluster.create("sound");
      cluster.append(damaged, TestBatch.of(1, 4));
      cluster.append(sound, TestBatch.of(1, 4));
      cluster.stop(2);
      Path vote = cluster.directory(2).resolve("replicas").resolve(damaged.toString());
      Files.write(vote.resolve("vote"), new byte[8192]);

      // when
      cluster.start(2);

      // then
      assertThatThrownBy(() -> cluster.open(2, damaged))
          .isInstanceOf(ReplicaQuarantinedException.class);
      cluster.open(2, sound);
      cluster.append(sound, TestBatch.of(2, 1));
      cluster.awaitHighWatermark(2, sound, 5);
      cluster.append(damaged, TestBatch.of(2, 1));
    }
  }

  @Test
  void shouldAcknowledgeOnlyWhatAMajorityHasFlushed() throws Exception {
    try (TestCluster cluster = new TestCluster(directory, TestEngines.NAME)) {
      // given
      UUID group = cluster.create("t-0");
      cluster.append(group, TestBatch.of(1, 1));
      int leader = cluster.awaitLeader(group);
      int first = (leader + 1) % TestCluster.NODES;
      int second = (leader + 2) % TestCluster.NODES;

      // when two of three cannot flush
      cluster.gate(first).closeGate();
      cluster.gate(second).closeGate();
      CompletableFuture<Appended> future =
          cluster.log(leader, group).append(TestBatch.of(2, 1)).future();

      // then
      assertThatThrownBy(() -> future.get(300, TimeUnit.MILLISECONDS))
          .isInstanceOf(TimeoutException.class);
      assertThat(cluster.log(leader, group).highWatermark()).isEqualTo(1);

      // when only one cannot
      cluster.gate(second).openGate();

      // then
      assertThat(future.get(60, TimeUnit.SECONDS).baseOffset()).isEqualTo(1);
      cluster.gate(first).openGate();
    }
  }

  @Test
  void shouldCutTheTailThatANewLeaderDoesNotHave() throws Exception {
    try (TestCluster cluster = new TestCluster(directory, TestEngines.NAME)) {
      // given: an entry that only its leader has
      UUID group = cluster.create("t-0");
      cluster.append(group, TestBatch.of(1, 1));
      int old = cluster.awaitLeader(group);
      int first = (old + 1) % TestCluster.NODES;
      int second = (old + 2) % TestCluster.NODES;
      cluster.stop(first);
      cluster.stop(second);
      CompletableFuture<Appended> lost =
          cluster.log(old, group).append(TestBatch.of(2, 7)).future();
      TestNodes.await(
          "the entry on the old leader", () -> cluster.log(old, group).logEndOffset() == 8);
      cluster.stop(old);
      assertThat(lost).isCompletedExceptionally();

      // when the others elect a leader without it
      cluster.start(first);
      cluster.start(second);
      cluster.open(first, group);
      cluster.open(second, group);
      cluster.append(group, TestBatch.of(3, 2));
      cluster.start(old);
      cluster.open(old, group);

      // then
      cluster.append(group, TestBatch.of(4, 1));
      cluster.awaitHighWatermark(old, group, 4);
      assertThat(cluster.content(old, group))
          .isEqualTo(cluster.content(cluster.awaitLeader(group), group));
    }
  }

  @Test
  void shouldOpenAReplicaAgainAfterItsDiskFailed() throws Exception {
    try (TestCluster cluster = new TestCluster(directory, TestEngines.NAME)) {
      // given
      UUID group = cluster.create("t-0");
      cluster.append(group, TestBatch.of(1, 1));
      int leader = cluster.awaitLeader(group);
      ReplicatedLog failing = cluster.log(leader, group);

      // when a flush of the leader fails
      cluster.gate(leader).failNextFlush(new StorageException("the disk is gone"));
      CompletableFuture<Appended> future = failing.append(TestBatch.of(2, 1)).future();

      // then it serves no longer, others do, and it comes back as a follower
      assertThatThrownBy(() -> future.get(60, TimeUnit.SECONDS))
          .hasCauseInstanceOf(ReplicatedLogException.Unavailable.class);
      Appended later = cluster.append(group, TestBatch.of(3, 1));
      TestNodes.await(
          "the replica is open again",
          () ->
              failing.leadership() instanceof Leadership.Following following
                  && following.leaderNodeId().isPresent());
      cluster.awaitHighWatermark(leader, group, later.lastOffset() + 1);
      assertThat(cluster.content(leader, group))
          .isEqualTo(cluster.content(cluster.awaitLeader(group), group));
    }
  }

  @Test
  void shouldLeaveNothingBehindWhenGroupsComeAndGo() throws Exception {
    try (RaftNode node = TestNodes.start(TestNodes.config(directory, 1, 0, "mmap"))) {
      // given
      comeAndGo(node, 3);
      int threads = Thread.activeCount();

      // when
      Set<UUID> gone = comeAndGo(node, 10);

      // then: none that Ratis named after a group, and less than one for each in all
      TestNodes.await("threads of groups ended", () -> threadsOf(gone).isEmpty());
      TestNodes.await(
          "less than " + (threads + 10) + " threads", () -> Thread.activeCount() < threads + 10);
      assertThat(node.storedGroups()).isEmpty();
      try (Stream<Path> files = Files.list(directory.resolve("scratch"))) {
        assertThat(files).isEmpty();
      }
    }
  }

  private static Set<String> threadsOf(Set<UUID> groups) {
    return Thread.getAllStackTraces().keySet().stream()
        .map(Thread::getName)
        .filter(name ->
            groups.stream().anyMatch(group -> name.contains(RaftGroupId.valueOf(group).toString())))
        .collect(Collectors.toSet());
  }

  private static Set<UUID> comeAndGo(RaftNode node, int times) throws Exception {
    Set<UUID> groups = new HashSet<>();
    for (int i = 0; i < times; i++) {
      UUID group = UUID.randomUUID();
      groups.add(group);
      ReplicatedLog log =
          node.createLog(group, "t-" + i, List.of(node.self()), new CountingState(), new Quiet());
      TestNodes.await("a leader", () -> log.leadership() instanceof Leadership.Ready);
      log.append(TestBatch.of(1, 1)).future().get(60, TimeUnit.SECONDS);
      node.deleteGroup(group);
    }
    return groups;
  }

  @Test
  void shouldNotWaitForANodeThatIsSilentWhenItCloses() throws Exception {
    try (TestCluster cluster = TestCluster.onNetwork(directory, TestNodes.ELECTION_TIMEOUT)) {
      // given
      UUID group = cluster.createLed("t-0");
      cluster.append(group, TestBatch.of(1, 5));
      cluster.awaitHighWatermark(1, group, 5);
      cluster.network(1).cut();

      // when
      ListAppender<ILoggingEvent> said = new ListAppender<>();
      Logger grpc = (Logger) LoggerFactory.getLogger("org.apache.ratis.grpc.GrpcUtil");
      said.start();
      grpc.addAppender(said);
      try {
        cluster.stop(0);
      } finally {
        grpc.detachAppender(said);
      }

      // then
      assertThat(said.list).noneMatch(event -> event.getMessage().contains("gracefully"));
    }
  }
}
