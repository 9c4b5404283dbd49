package dev.flotilla.server.metadata;

import static dev.flotilla.server.testing.SingleNode.await;
import static org.assertj.core.api.Assertions.assertThat;

import dev.flotilla.raft.Voter;
import dev.flotilla.server.metadata.ReplicaRebuild.Step;
import dev.flotilla.server.testing.Await;
import dev.flotilla.server.testing.InMemoryCommandLog;
import dev.flotilla.server.testing.SingleNode;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.common.Endpoint;
import org.apache.kafka.common.TopicIdPartition;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.message.CreateTopicsRequestData.CreatableReplicaAssignment;
import org.apache.kafka.common.message.CreateTopicsRequestData.CreatableTopic;
import org.apache.kafka.common.security.auth.SecurityProtocol;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** A node's part in the rebuild of its replica; the test plays the leader's. */
@Timeout(120)
class RebuildStepsTest {

  private static final Uuid HERE = SingleNode.DIRECTORY;
  private static final Uuid ELSEWHERE = new Uuid(2, 2);

  /** What a failpoint does: the process ends here. */
  private static final class Crash extends Error {
    private static final long serialVersionUID = 1;
  }

  @TempDir Path directory;

  private final InMemoryCommandLog.Stored stored = new InMemoryCommandLog.Stored();
  private SingleNode node;
  private FakeReplicas replicas = new FakeReplicas();
  private Reconciler reconciler;
  private Path ledger;
  private Uuid topic;
  private UUID group;

  /** A partition of three nodes, of which this is one, is here and runs. */
  @BeforeEach
  void start() {
    ledger = directory.resolve("replicas");
    node = new SingleNode(stored, Map.of());
    register(2);
    register(3);
    reconcile(HERE, Failpoints.NONE);
    topic = create("orders", (short) 3);
    group = Replica.groupOf(topic, 0);
    // And it is known here that it was made.
    Await.until(() ->
        ReplicaLedger.open(ledger).find(group).filter(ReplicaLedger.Entry::created).isPresent());
  }

  @AfterEach
  void stop() {
    reconciler.close();
    node.close();
  }

  private void register(int nodeId) {
    var voter = new Voter(nodeId + "-a-peer", nodeId, "127.0.0.1", 7000 + nodeId);
    var endpoint =
        new Endpoint(SingleNode.LISTENER, SecurityProtocol.PLAINTEXT, "127.0.0.1", 9000 + nodeId);
    await(
        new Registrations(node.metadata())
            .register(
                new Registrations.Registration(
                    voter,
                    new Uuid(7, nodeId),
                    Optional.empty(),
                    List.of(endpoint),
                    Uuid.randomUuid(),
                    RegisteredNode.State.SERVING),
                Duration.ZERO));
  }

  private void reconcile(Uuid inDirectory, Failpoints failpoints) {
    reconciler =
        new Reconciler(
            node.metadata(), SingleNode.NODE_ID, inDirectory, ledger, replicas, failpoints);
  }

  private Uuid create(String name, short replicas) {
    return await(
            node.topicCreation()
                .create(
                    new CreatableTopic()
                        .setName(name)
                        .setNumPartitions(1)
                        .setReplicationFactor(replicas)))
        .id();
  }

  /** Everything but the disk is gone. */
  private void restart(Uuid inDirectory, Failpoints failpoints) {
    stop();
    node = new SingleNode(stored, Map.of());
    replicas = replicas.restarted();
    reconcile(inDirectory, failpoints);
  }

  /** The disk, too: there is another one in its place. */
  private void restartOnAnEmptyDisk(Uuid inDirectory) {
    stop();
    node = new SingleNode(stored, Map.of());
    replicas = new FakeReplicas();
    ledger = directory.resolve("replicas-" + inDirectory);
    reconcile(inDirectory, Failpoints.NONE);
  }

  private Rebuilds rebuilds() {
    return new Rebuilds(node.metadata());
  }

  private Optional<ReplicaRebuild> rebuild() {
    return rebuilds().find(topic, 0, SingleNode.NODE_ID);
  }

  private ReplicaRebuild awaitStep(Step step, Uuid inDirectory) {
    Await.until(() ->
        rebuild()
            .filter(found -> found.step() == step && found.directory().equals(inDirectory))
            .isPresent());
    return rebuild().orElseThrow();
  }

  private ReplicaRebuild remove(ReplicaRebuild quarantined) {
    assertThat(await(rebuilds().removed(quarantined))).isInstanceOf(Outcome.Done.class);
    return rebuild().orElseThrow();
  }

  private void add(ReplicaRebuild empty) {
    assertThat(await(rebuilds().added(empty))).isInstanceOf(Outcome.Done.class);
  }

  @Test
  void shouldRebuildAReplicaThatTurnsOutToBeDamaged() {
    // when
    replicas.findDamaged(group);

    // then: it is closed before anybody hears of it
    var quarantined = awaitStep(Step.QUARANTINED, HERE);
    assertThat(quarantined.reason()).isEqualTo("found damaged on purpose");
    assertThat(replicas.running()).doesNotContain(group);
    assertThat(replicas.stored()).contains(group);
    assertThat(reconciler.quarantined()).containsOnlyKeys(group);

    // when: it is no voter
    remove(quarantined);

    // then: it is there again, and does not vote
    var empty = awaitStep(Step.EMPTY, HERE);
    assertThat(replicas.running()).contains(group);
    assertThat(replicas.empty()).contains(group);
    Await.until(() -> reconciler.quarantined().isEmpty());

    // when: it is a voter again
    add(empty);

    // then
    assertThat(rebuild()).isEmpty();
    restart(HERE, Failpoints.NONE);
    Await.until(() -> replicas.running().contains(group));
    assertThat(rebuild()).isEmpty();
    Await.until(() -> reconciler.quarantined().isEmpty());
  }

  @Test
  void shouldRebuildAReplicaThatDoesNotOpen() {
    stop();
    node = new SingleNode(stored, Map.of());
    replicas = replicas.restarted();
    replicas.damage(group);
    reconcile(HERE, Failpoints.NONE);

    remove(awaitStep(Step.QUARANTINED, HERE));

    awaitStep(Step.EMPTY, HERE);
    Await.until(() -> replicas.running().contains(group));
  }

  @Test
  void shouldRebuildAReplicaWhoseFilesAreGone() {
    replicas.lose(group);
    restart(HERE, Failpoints.NONE);

    remove(awaitStep(Step.QUARANTINED, HERE));

    awaitStep(Step.EMPTY, HERE);
    assertThat(replicas.empty()).contains(group);
  }

  @Test
  void shouldRebuildAReplicaInAnotherDirectoryThatIsEmpty() {
    restartOnAnEmptyDisk(ELSEWHERE);

    var quarantined = awaitStep(Step.QUARANTINED, ELSEWHERE);
    assertThat(quarantined.reason()).contains(HERE.toString());
    assertThat(replicas.stored()).isEmpty();
    remove(quarantined);
    add(awaitStep(Step.EMPTY, ELSEWHERE));

    assertThat(rebuilds().assignment(topic, 0).orElseThrow().directories())
        .containsExactlyInAnyOrder(ELSEWHERE, new Uuid(7, 2), new Uuid(7, 3));
    restart(ELSEWHERE, Failpoints.NONE);
    Await.until(() -> replicas.running().contains(group));
    assertThat(rebuild()).isEmpty();
  }

  @ParameterizedTest
  @EnumSource(
      value = Failpoints.Step.class,
      names = {"REPLICA_WIPED", "EMPTY_CREATED", "EMPTY_RECORDED"})
  void shouldFinishAMakingAnewThatACrashInterrupted(Failpoints.Step step)
      throws InterruptedException {
    // given
    var crashed = new CountDownLatch(1);
    restart(
        HERE,
        reached -> {
          if (reached == step) {
            crashed.countDown();
            throw new Crash();
          }
        });
    Await.until(() -> replicas.running().contains(group));
    replicas.findDamaged(group);
    remove(awaitStep(Step.QUARANTINED, HERE));
    assertThat(crashed.await(60, TimeUnit.SECONDS)).isTrue();
    reconciler.close();
    assertThat(rebuild().orElseThrow().step()).isEqualTo(Step.REMOVED);

    // when
    restart(HERE, Failpoints.NONE);

    // then
    var empty = awaitStep(Step.EMPTY, HERE);
    assertThat(replicas.empty()).contains(group);
    assertThat(replicas.running()).contains(group);
    add(empty);
    restart(HERE, Failpoints.NONE);
    Await.until(() -> replicas.running().contains(group));
    assertThat(rebuild()).isEmpty();
  }

  @ParameterizedTest
  @EnumSource(
      value = Step.class,
      names = {"QUARANTINED", "REMOVED"})
  void shouldNotOpenWhatWasClosedForGoodEvenIfItCouldBe(Step step) {
    // given: a replica whose files seem fine again, of which the leader may have said the last word
    replicas.findDamaged(group);
    var quarantined = awaitStep(Step.QUARANTINED, HERE);
    stop();
    node = new SingleNode(stored, Map.of());
    replicas = replicas.restarted();
    if (step == Step.REMOVED) {
      assertThat(await(rebuilds().removed(quarantined))).isInstanceOf(Outcome.Done.class);
    }

    // when
    reconcile(HERE, Failpoints.NONE);

    // then: it never runs with what it held
    if (step == Step.REMOVED) {
      awaitStep(Step.EMPTY, HERE);
      assertThat(replicas.empty()).contains(group);
    } else {
      Await.until(() -> reconciler.quarantined().containsKey(group));
      assertThat(rebuild()).contains(quarantined);
    }
    assertThat(replicas.opened()).doesNotContain(group);
  }

  @ParameterizedTest
  @EnumSource(Step.class)
  void shouldBeginAnewWhenASecondDiskIsLostInTheMiddle(Step step) {
    // given
    replicas.findDamaged(group);
    var rebuild = awaitStep(Step.QUARANTINED, HERE);
    if (step != Step.QUARANTINED) {
      rebuild = remove(rebuild);
      rebuild = awaitStep(Step.EMPTY, HERE);
    }
    if (step == Step.REMOVED) {
      // As if it had ended before that was known.
      replicas.findDamaged(group);
      rebuild = remove(awaitStep(Step.QUARANTINED, HERE));
    }

    // when
    restartOnAnEmptyDisk(ELSEWHERE);

    // then
    var anew = awaitStep(Step.QUARANTINED, ELSEWHERE);
    assertThat(anew.version()).isGreaterThan(rebuild.version());
    assertThat(await(rebuilds().added(rebuild))).isInstanceOf(Outcome.Conflict.class);
    remove(anew);
    awaitStep(Step.EMPTY, ELSEWHERE);
  }

  @Test
  void shouldBeginAnewWhenWhatWasMadeAnewIsDamaged() {
    replicas.findDamaged(group);
    remove(awaitStep(Step.QUARANTINED, HERE));
    var empty = awaitStep(Step.EMPTY, HERE);

    replicas.findDamaged(group);

    var anew = awaitStep(Step.QUARANTINED, HERE);
    assertThat(replicas.running()).doesNotContain(group);
    assertThat(await(rebuilds().added(empty))).isInstanceOf(Outcome.Conflict.class);
    remove(anew);
    awaitStep(Step.EMPTY, HERE);
  }

  @Test
  void shouldNotMakeAnewWhatIsLostBeforeItIsAdded() {
    replicas.findDamaged(group);
    remove(awaitStep(Step.QUARANTINED, HERE));
    var empty = awaitStep(Step.EMPTY, HERE);
    replicas.lose(group);

    restart(HERE, Failpoints.NONE);

    assertThat(awaitStep(Step.QUARANTINED, HERE).version()).isGreaterThan(empty.version());
    assertThat(replicas.stored()).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(shorts = {1, 2})
  void shouldNotRebuildWhereTooFewOthersAre(short factor) {
    var few = create("few", factor);
    restartOnAnEmptyDisk(ELSEWHERE);
    awaitStep(Step.QUARANTINED, ELSEWHERE);

    assertThat(rebuilds().find(few, 0, SingleNode.NODE_ID)).isEmpty();
    assertThat(replicas.stored()).isEmpty();
  }

  @Test
  void shouldOpenAgainWhatIsRepairedInPlace() {
    // given
    var lone = Replica.groupOf(createHere("lone"), 0);
    Await.until(() -> replicas.running().contains(lone));

    // when: to open it helps
    replicas.findRepairable(lone);

    // then
    Await.until(() -> replicas.opened().contains(lone));
    assertThat(replicas.running()).contains(lone);
    assertThat(reconciler.quarantined()).isEmpty();

    // when: it does not
    replicas.findDamaged(lone);

    // then
    Await.until(() -> reconciler.quarantined().containsKey(lone));
    assertThat(replicas.running()).doesNotContain(lone);
    assertThat(rebuilds().all()).isEmpty();
  }

  /** A topic whose only replica is this node's. */
  private Uuid createHere(String name) {
    var topic =
        new CreatableTopic().setName(name).setNumPartitions(-1).setReplicationFactor((short) -1);
    topic
        .assignments()
        .add(
            new CreatableReplicaAssignment()
                .setPartitionIndex(0)
                .setBrokerIds(List.of(SingleNode.NODE_ID)));
    return await(node.topicCreation().create(topic)).id();
  }

  @Test
  void shouldShowAReplicaAsNotCaughtUpAsLongAsItIsRebuilt() {
    // given
    var partition = new TopicIdPartition(topic, 0, "orders");
    node.metadata().report(partition, 7, 2, List.of(1, 2, 3));
    awaitInSync(1, 2, 3);

    // when
    replicas.findDamaged(group);

    // then: whatever a leader says that did not hear of it
    awaitInSync(2, 3);
    node.metadata().report(partition, 8, 3, List.of(3, 1, 2));
    awaitInSync(3, 2);
    var quarantined = awaitStep(Step.QUARANTINED, HERE);
    remove(quarantined);
    add(awaitStep(Step.EMPTY, HERE));
    awaitInSync(3, 1, 2);
  }

  private void awaitInSync(int... nodes) {
    await(
        node.metadata()
            .when(image -> {
              var shown = image.topics().getPartition(topic, 0);
              return java.util.Arrays.equals(shown.isr, nodes);
            }));
  }

  @Test
  void shouldLeaveNothingOfATopicThatIsDeletedMeanwhile() {
    replicas.findDamaged(group);
    var quarantined = awaitStep(Step.QUARANTINED, HERE);
    var replica = Replica.of(new TopicIdPartition(topic, 0, "orders"));

    await(node.topicDeletion().delete(topic));

    assertThat(rebuilds().all()).isEmpty();
    Await.until(() -> replicas.stored().isEmpty());
    Await.until(() -> reconciler.quarantined().isEmpty());
    // What was decided before comes to nothing.
    assertThat(await(rebuilds().removed(quarantined))).isInstanceOf(Outcome.Conflict.class);
    assertThat(await(rebuilds().begin(replica, SingleNode.NODE_ID, HERE, "late")))
        .isInstanceOf(Outcome.Conflict.class);
    assertThat(rebuilds().all()).isEmpty();
  }

  @Test
  void shouldNameTheLostDirectoryInTheFirstConfiguration() {
    // given: a topic is created for directories of which one is lost before its node hears of it
    var assignment = rebuilds().assignment(topic, 0).orElseThrow();

    // when: a node makes the first configuration after that one came back with another
    var voters =
        assignment
            .firstVoters(
                each -> Optional.of(new Voter(each + "-present", each, "127.0.0.1", 7000 + each)))
            .orElseThrow();

    // then
    assertThat(voters).extracting(Voter::nodeId).isEqualTo(assignment.nodes());
    assertThat(voters)
        .extracting(Voter::peerId)
        .containsExactlyInAnyOrder("1-" + HERE, "2-" + new Uuid(7, 2), "3-" + new Uuid(7, 3));
    assertThat(assignment.firstVoters(each -> Optional.empty())).isEmpty();
  }
}
