package dev.flotilla.server.rebuild;

import static dev.flotilla.server.testing.SingleNode.await;
import static org.assertj.core.api.Assertions.assertThat;

import dev.flotilla.raft.Voter;
import dev.flotilla.server.metadata.Outcome;
import dev.flotilla.server.metadata.Rebuilds;
import dev.flotilla.server.metadata.RegisteredNode;
import dev.flotilla.server.metadata.Registrations;
import dev.flotilla.server.metadata.Replica;
import dev.flotilla.server.metadata.ReplicaRebuild;
import dev.flotilla.server.rebuild.Failpoints.Step;
import dev.flotilla.server.testing.Await;
import dev.flotilla.server.testing.SingleNode;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.kafka.common.Endpoint;
import org.apache.kafka.common.TopicIdPartition;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.message.CreateTopicsRequestData.CreatableTopic;
import org.apache.kafka.common.security.auth.SecurityProtocol;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** A leader's part in the rebuild of replicas on nodes 2 and 3; the test plays theirs. */
@Timeout(120)
class LeaderRebuildsTest {

  /** What a failpoint does: the leader ends here. */
  private static final class Crash extends RuntimeException {
    private static final long serialVersionUID = 1;
  }

  /** A group in memory: what is done to it is done at once, or fails. */
  private static final class FakeVoters implements GroupVoters {
    final List<Voter> voters = new CopyOnWriteArrayList<>();
    final List<String> calls = new CopyOnWriteArrayList<>();
    volatile boolean leads = true;
    final AtomicInteger failures = new AtomicInteger();

    @Override
    public boolean leads(UUID group) {
      return leads;
    }

    @Override
    public List<Voter> voters(UUID group) {
      return List.copyOf(voters);
    }

    @Override
    public CompletableFuture<Void> add(UUID group, Voter voter) {
      return change(
          "add " + voter.peerId(),
          () -> {
            voters.removeIf(each -> each.peerId().equals(voter.peerId()));
            voters.add(voter);
          });
    }

    @Override
    public CompletableFuture<Void> remove(UUID group, String peerId) {
      return change(
          "remove " + peerId, () -> voters.removeIf(each -> each.peerId().equals(peerId)));
    }

    private CompletableFuture<Void> change(String call, Runnable change) {
      calls.add(call);
      if (failures.getAndUpdate(left -> Math.max(0, left - 1)) > 0) {
        return CompletableFuture.failedFuture(new IllegalStateException("on purpose"));
      }
      change.run();
      return CompletableFuture.completedFuture(null);
    }
  }

  private final SingleNode node = new SingleNode();
  private final Rebuilds rebuilds = new Rebuilds(node.metadata());
  private final FakeVoters group = new FakeVoters();
  private LeaderRebuilds leader;
  private Replica replica;

  @BeforeEach
  void start() {
    register(2, directory(2));
    register(3, directory(3));
    replica = replica("orders");
    group.voters.addAll(
        List.of(voter(1, SingleNode.DIRECTORY), voter(2, directory(2)), voter(3, directory(3))));
    leader = new LeaderRebuilds(SingleNode.NODE_ID, node.metadata(), group);
  }

  @AfterEach
  void stop() {
    leader.close();
    node.close();
  }

  /** The only partition of a new topic. */
  private Replica replica(String topic) {
    var created =
        await(
            node.topicCreation()
                .create(
                    new CreatableTopic()
                        .setName(topic)
                        .setNumPartitions(1)
                        .setReplicationFactor((short) 3)));
    return Replica.of(new TopicIdPartition(created.id(), 0, topic));
  }

  private static Uuid directory(int nodeId) {
    return new Uuid(7, nodeId);
  }

  private static Voter voter(int nodeId, Uuid directory) {
    return new Voter(RegisteredNode.peerId(nodeId, directory), nodeId, "127.0.0.1", 7000 + nodeId);
  }

  private void register(int nodeId, Uuid directory) {
    var registrations = new Registrations(node.metadata());
    registrations
        .find(nodeId)
        .ifPresent(before -> await(registrations.change(before, RegisteredNode.State.FENCED)));
    await(
        registrations.register(
            new Registrations.Registration(
                voter(nodeId, directory),
                directory,
                Optional.empty(),
                List.of(
                    new Endpoint(
                        SingleNode.LISTENER,
                        SecurityProtocol.PLAINTEXT,
                        "127.0.0.1",
                        9000 + nodeId)),
                Uuid.randomUuid(),
                RegisteredNode.State.SERVING),
            Duration.ZERO));
  }

  private void begin(int nodeId, Uuid directory) {
    assertThat(await(rebuilds.begin(replica, nodeId, directory, "on purpose")))
        .isInstanceOf(Outcome.Done.class);
  }

  private Optional<ReplicaRebuild> rebuild(int nodeId) {
    return rebuilds.all().stream().filter(each -> each.nodeId() == nodeId).findFirst();
  }

  private ReplicaRebuild awaitStep(int nodeId, ReplicaRebuild.Step step) {
    Await.until(() -> rebuild(nodeId).filter(each -> each.step() == step).isPresent());
    return rebuild(nodeId).orElseThrow();
  }

  private void empty(ReplicaRebuild removed) {
    assertThat(await(rebuilds.emptied(removed))).isInstanceOf(Outcome.Done.class);
  }

  private List<String> peers() {
    return group.voters.stream().map(Voter::peerId).sorted().toList();
  }

  private static String peer(int nodeId) {
    return RegisteredNode.peerId(nodeId, directory(nodeId));
  }

  private static String self() {
    return RegisteredNode.peerId(1, SingleNode.DIRECTORY);
  }

  @Test
  void shouldTakeAReplicaOutAndInAgain() {
    begin(2, directory(2));

    var removed = awaitStep(2, ReplicaRebuild.Step.REMOVED);
    assertThat(peers()).containsExactly(self(), peer(3));

    empty(removed);

    Await.until(() -> rebuilds.all().isEmpty());
    assertThat(peers()).containsExactly(self(), peer(2), peer(3));
  }

  @Test
  void shouldTakeOutWhateverVotedForTheNode() {
    // given: its disk was lost a second time, when it had just become a voter
    var second = new Uuid(8, 2);
    var third = new Uuid(9, 2);
    group.voters.add(voter(2, second));
    register(2, third);

    begin(2, third);
    var removed = awaitStep(2, ReplicaRebuild.Step.REMOVED);
    assertThat(peers()).containsExactly(self(), peer(3));
    // And what may not be committed yet is waited for.
    assertThat(group.calls.getLast()).isEqualTo("remove " + RegisteredNode.peerId(2, third));

    empty(removed);
    Await.until(() -> rebuilds.all().isEmpty());
    assertThat(peers()).containsExactlyInAnyOrder(self(), RegisteredNode.peerId(2, third), peer(3));
  }

  @Test
  void shouldAddOnlyWhatIsInTheDirectoryThatTheNodeHasNow() {
    begin(2, new Uuid(8, 2));
    empty(awaitStep(2, ReplicaRebuild.Step.REMOVED));
    begin(3, directory(3));
    assertThat(group.calls).noneMatch(call -> call.startsWith("add"));

    register(2, new Uuid(8, 2));

    Await.until(() -> rebuild(2).isEmpty());
    assertThat(peers()).contains(RegisteredNode.peerId(2, new Uuid(8, 2)));
  }

  @Test
  void shouldRebuildOneReplicaOfAPartitionAfterTheOther() {
    begin(2, directory(2));
    var first = awaitStep(2, ReplicaRebuild.Step.REMOVED);
    begin(3, directory(3));
    // The leader has looked at both, and at this after it.
    register(3, directory(3));
    assertThat(peers()).containsExactly(self(), peer(3));

    empty(first);

    // The second begins when the first is over.
    var second = awaitStep(3, ReplicaRebuild.Step.REMOVED);
    assertThat(rebuild(2)).isEmpty();
    assertThat(group.calls.indexOf("add " + peer(2)))
        .isLessThan(group.calls.indexOf("remove " + peer(3)));
    empty(second);
    Await.until(() -> rebuilds.all().isEmpty());
    assertThat(peers()).containsExactly(self(), peer(2), peer(3));
  }

  @Test
  void shouldTryAgainWhatFailed() {
    group.failures.set(1);
    begin(2, directory(2));

    awaitStep(2, ReplicaRebuild.Step.REMOVED);
    assertThat(peers()).containsExactly(self(), peer(3));
  }

  @Test
  void shouldDoNothingUntilItLeads() {
    group.leads = false;
    begin(2, directory(2));
    register(3, directory(3));
    assertThat(group.calls).isEmpty();

    group.leads = true;
    node.metadata().report(replica.partition(), 9, SingleNode.NODE_ID, List.of(1, 3));

    awaitStep(2, ReplicaRebuild.Step.REMOVED);
  }

  @Test
  void shouldNotRemoveItself() {
    // given: a replica of this node is about to be closed
    begin(SingleNode.NODE_ID, SingleNode.DIRECTORY);

    // when: the leader, which goes by partition, has looked at another one after it
    replica = replica("other");
    begin(2, directory(2));
    awaitStep(2, ReplicaRebuild.Step.REMOVED);

    // then
    assertThat(group.calls).doesNotContain("remove " + self());
  }

  @ParameterizedTest
  @EnumSource(Step.class)
  void shouldLeaveWhatALeaderDidNotFinishToTheNext(Step step) throws InterruptedException {
    // given
    leader.close();
    var ended = new CountDownLatch(1);
    leader =
        new LeaderRebuilds(
            SingleNode.NODE_ID,
            node.metadata(),
            group,
            reached -> {
              if (reached == step) {
                group.leads = false;
                ended.countDown();
                throw new Crash();
              }
            });
    begin(2, directory(2));
    if (step == Step.VOTER_ADDED || step == Step.ADDITION_KNOWN) {
      empty(awaitStep(2, ReplicaRebuild.Step.REMOVED));
    }
    assertThat(ended.await(60, TimeUnit.SECONDS)).isTrue();
    leader.close();

    // when
    group.leads = true;
    leader = new LeaderRebuilds(SingleNode.NODE_ID, node.metadata(), group);

    // then
    if (step == Step.VOTER_REMOVED || step == Step.REMOVAL_KNOWN) {
      var removed = awaitStep(2, ReplicaRebuild.Step.REMOVED);
      assertThat(peers()).containsExactly(self(), peer(3));
      empty(removed);
    }
    Await.until(() -> rebuilds.all().isEmpty());
    assertThat(peers()).containsExactly(self(), peer(2), peer(3));
  }
}
