package dev.flotilla.raft;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.codahale.metrics.MetricRegistry;
import dev.flotilla.storage.BatchExtent;
import dev.flotilla.storage.LogId;
import dev.flotilla.storage.StorageException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import org.apache.ratis.protocol.ClientId;
import org.apache.ratis.protocol.RaftClientRequest;
import org.apache.ratis.protocol.RaftGroupId;
import org.apache.ratis.protocol.RaftPeerId;
import org.apache.ratis.protocol.exceptions.StateMachineException;
import org.apache.ratis.statemachine.TransactionContext;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** One bad replica is one bad replica: what fails of it, and what goes on beside it. */
class ReplicaFailureTest {

  @TempDir Path directory;

  private final UUID group = UUID.randomUUID();
  private final CountingState state = new CountingState();
  private final List<Leadership> leaderships = new CopyOnWriteArrayList<>();

  private final ReplicaListener listener =
      new ReplicaListener() {
        @Override
        public void leadershipChanged(Leadership leadership) {
          leaderships.add(leadership);
        }

        @Override
        public void highWatermarkChanged(long highWatermark) {}
      };

  private RaftNode start() throws Exception {
    return TestNodes.start(TestNodes.config(directory, 1, 0, TestEngines.NAME));
  }

  private ReplicatedLog create(RaftNode node, UUID id, CountingState counting) throws Exception {
    ReplicatedLog log = node.createLog(id, "t", List.of(node.self()), counting, listener);
    awaitReady(log);
    return log;
  }

  private static void awaitReady(ReplicatedLog log) throws InterruptedException {
    TestNodes.await("a leader", () -> log.leadership() instanceof Leadership.Ready);
  }

  private static void awaitFailed(ReplicatedLog log) throws InterruptedException {
    TestNodes.await("the failure", () -> log.leadership() instanceof Leadership.Failed);
  }

  private static Appended append(ReplicatedLog log, int records) throws Exception {
    return log.append(TestBatch.of(1, records)).future().get(60, TimeUnit.SECONDS);
  }

  @Test
  void shouldStopOnlyTheReplicaWhoseStateCannotApplyAnEntry() throws Exception {
    try (RaftNode node = start()) {
      // given
      UUID sound = UUID.randomUUID();
      ReplicatedLog other = create(node, sound, new CountingState());
      ReplicatedLog log = create(node, group, state);
      append(log, 3);

      // when
      state.failing = true;
      CompletableFuture<Appended> lost = log.append(TestBatch.of(1, 1)).future();

      // then whoever waits is told, and nothing of the replica runs on
      assertThatThrownBy(() -> lost.get(60, TimeUnit.SECONDS))
          .hasCauseInstanceOf(ReplicatedLogException.Unavailable.class);
      awaitFailed(log);
      TestNodes.await("the end of the replica", () -> node.replica(group).isEmpty());
      assertThatThrownBy(() -> log.append(TestBatch.of(1, 1)))
          .isInstanceOf(ReplicatedLogException.Unavailable.class);

      // and the others do
      append(other, 1);

      // and it can be opened by what applies it, or deleted
      CountingState better = new CountingState();
      ReplicatedLog again = node.openLog(group, "t", better, listener);
      awaitReady(again);
      assertThat(better.offsets).isEqualTo(4);
      node.deleteGroup(group);
      assertThat(node.storedGroups()).containsExactly(sound);
    }
  }

  @Test
  void shouldOpenALogCutToWhatWasDurableWhenItsDiskWorksAgain() throws Exception {
    DiskFaults faults = TestEngines.faults(directory);
    try (RaftNode node = start()) {
      // given
      ReplicatedLog log = create(node, group, state);
      append(log, 3);
      long durable = node.replica(group).orElseThrow().memory().flushIndex();

      // when a write arrives and its flush fails, and the disk takes a while
      faults.failingOpens.set(1);
      faults.doubtfulWrites.set(1);
      CompletableFuture<Appended> lost = log.append(TestBatch.of(1, 5)).future();
      assertThatThrownBy(() -> lost.get(60, TimeUnit.SECONDS))
          .isInstanceOf(ExecutionException.class);
      TestNodes.await("the failure", () -> log.leadership() instanceof Leadership.ReadOnly);

      // then what is not known to be durable is gone
      awaitReady(log);
      assertThat(faults.failingOpens).hasValue(0);
      assertThat(faults.cuts).containsExactly(durable + 1);
      assertThat(log.logEndOffset()).isEqualTo(3);
      assertThat(append(log, 1).baseOffset()).isEqualTo(3);
    }
  }

  @Test
  void shouldOpenAReplicaAgainWhoseEntriesCouldNotBeReadToBeApplied() throws Exception {
    // given entries that have to be applied from the disk
    leaveEntriesWithoutCheckpoint();

    // when
    TestEngines.faults(directory).nextHeader.set(new StorageException("no read, as asked"));
    CountingState replayed = new CountingState();
    try (RaftNode node = start()) {
      ReplicatedLog log = node.openLog(group, "t", replayed, listener);

      // then
      TestNodes.await(
          "a failure", () -> leaderships.stream().anyMatch(Leadership.Failed.class::isInstance));
      awaitReady(log);
      assertThat(replayed.offsets).isEqualTo(6);
    }
  }

  @Test
  void shouldSetAsideAReplicaWhoseEntriesAreDamagedWhenTheyAreApplied() throws Exception {
    // given
    leaveEntriesWithoutCheckpoint();

    // when
    TestEngines.faults(directory).nextHeader.set(DiskFaults.damage(LogId.random(), 1));
    try (RaftNode node = start()) {
      ReplicatedLog log = node.openLog(group, "t", new CountingState(), listener);

      // then
      awaitFailed(log);
      TestNodes.await("the end of the replica", () -> node.replica(group).isEmpty());
      assertThatThrownBy(() -> node.openLog(group, "t", new CountingState(), listener))
          .isInstanceOf(ReplicaQuarantinedException.class);
      append(create(node, UUID.randomUUID(), new CountingState()), 1);
    }
  }

  private void leaveEntriesWithoutCheckpoint() throws Exception {
    try (RaftNode node = start()) {
      ReplicatedLog log = create(node, group, state);
      append(log, 3);
      append(log, 3);
    }
    Path replica = directory.resolve("replicas").resolve(group.toString());
    Files.delete(replica.resolve("checkpoint-0"));
    Files.delete(replica.resolve("checkpoint-1"));
    leaderships.clear();
  }

  @Test
  void shouldCloseWhenAVoteCannotBeKept() throws Exception {
    try (TestCluster cluster = new TestCluster(directory, TestEngines.NAME)) {
      // given
      UUID voting = cluster.create("t-0");
      cluster.append(voting, TestBatch.of(1, 1));
      int leader = cluster.awaitLeader(voting);
      int broken = (leader + 1) % TestCluster.NODES;
      int other = (leader + 2) % TestCluster.NODES;
      Path vote =
          cluster.directory(broken).resolve("replicas").resolve(voting.toString()).resolve("vote");
      byte[] kept = Files.readAllBytes(vote);
      Files.delete(vote);
      Files.createDirectory(vote);

      // when an election asks for a vote
      cluster.stop(leader);

      // then it has no part in it, not even as a candidate
      awaitFailed(cluster.log(broken, voting));
      TestNodes.await(
          "the end of the replica", () -> cluster.node(broken).replica(voting).isEmpty());
      assertThat(cluster.log(other, voting).leadership()).isNotInstanceOf(Leadership.Ready.class);

      // and comes back with the vote it had
      Files.delete(vote);
      Files.write(vote, kept);
      assertThat(cluster.append(voting, TestBatch.of(2, 1)).baseOffset()).isEqualTo(1);
    }
  }

  @Test
  void shouldRefuseACommandThatFitsNoEntryAndStayLeader() throws Exception {
    try (RaftNode node = start()) {
      // given
      CommandLog log =
          node.createCommandLog(
              group, "meta", List.of(node.self()), new ConcatenatingMachine(), leaderships::add);
      TestNodes.await("a leader", () -> log.leadership() instanceof Leadership.Ready);
      Leadership before = log.leadership();

      // when
      CompletableFuture<ByteBuffer> refused =
          log.submit(ByteBuffer.allocate(TestNodes.MAX_ENTRY_BYTES));

      // then
      assertThatThrownBy(() -> refused.get(60, TimeUnit.SECONDS))
          .hasCauseInstanceOf(ReplicatedLogException.TooLarge.class);
      log.submit(ConcatenatingMachine.CHARSET.encode("a")).get(60, TimeUnit.SECONDS);
      assertThat(log.leadership()).isEqualTo(before);
      assertThat(leaderships).last().isEqualTo(before);
    }
  }

  @Test
  void shouldRefuseAtTheLastMomentWhatWasBuiltForAnotherPlaceAndStayLeader() throws Exception {
    try (RaftNode node = start()) {
      // given
      ReplicatedLog log = create(node, group, state);
      append(log, 3);
      GroupStateMachine machine = new GroupStateMachine(node.replica(group).orElseThrow());
      int term = log.leadership().term();

      // then
      TransactionContext fitting = transaction(machine, term, 3);
      assertThat(machine.preAppendTransaction(fitting)).isSameAs(fitting);
      for (TransactionContext wrong :
          List.of(
              transaction(machine, term, 2),
              transaction(machine, term, 4),
              transaction(machine, term - 1, 3))) {
        assertThatThrownBy(() -> machine.preAppendTransaction(wrong))
            .isInstanceOfSatisfying(
                StateMachineException.class, e -> assertThat(e.leaderShouldStepDown()).isFalse());
      }
    }
  }

  private static TransactionContext transaction(
      GroupStateMachine machine, int term, long baseOffset) {
    ByteBuffer nothing = ByteBuffer.allocate(0);
    BuiltEntry entry =
        new BuiltEntry(
            term,
            baseOffset,
            1,
            0,
            0,
            List.of(new BatchExtent(8, 0)),
            nothing,
            ByteBuffer.allocate(8));
    RaftClientRequest request =
        RaftClientRequest.newBuilder()
            .setClientId(ClientId.randomId())
            .setServerId(RaftPeerId.valueOf("1-peer"))
            .setGroupId(RaftGroupId.randomId())
            .setCallId(1)
            .setMessage(new EntryMessage(entry))
            .setType(RaftClientRequest.writeRequestType())
            .build();
    return machine.startTransaction(request);
  }

  @Test
  void shouldRefuseTheRegistryOfAnotherNodeUntilThatIsClosed() throws Exception {
    // given
    MetricRegistry registry = new MetricRegistry();
    RaftNodeConfig first = TestNodes.config(directory.resolve("a"), 1, 0, TestEngines.NAME);
    RaftNodeConfig second = TestNodes.config(directory.resolve("b"), 2, 0, TestEngines.NAME);

    // when
    try (RaftNode node = RaftNode.start(first, registry)) {
      assertThat(node.self().nodeId()).isEqualTo(1);
      assertThatThrownBy(() -> RaftNode.start(second, registry))
          .isInstanceOf(IllegalArgumentException.class);
      assertThat(registry.getGauges()).containsKey("raft.replicas");
    }

    // then
    try (RaftNode node = RaftNode.start(second, registry)) {
      assertThat(node.self().nodeId()).isEqualTo(2);
    }
  }
}
