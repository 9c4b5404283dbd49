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
import org.apache.kafka.common.Endpoint;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.message.CreateTopicsRequestData.CreatableTopic;
import org.apache.kafka.common.security.auth.SecurityProtocol;

/**
 * One of three registered nodes, with a replica of the only partition of a topic that all three
 * hold: it is here and runs. The test damages the replica and plays the partition's leader. Node 2
 * and node 3 are no more than their registrations.
 */
final class RebuildFixture implements AutoCloseable {

  /** The data directory in which the replica is made. */
  static final Uuid HERE = SingleNode.DIRECTORY;

  static final Uuid ELSEWHERE = new Uuid(2, 2);

  private final Path directory;
  private final InMemoryCommandLog.Stored stored = new InMemoryCommandLog.Stored();
  private SingleNode node;
  private FakeReplicas replicas = new FakeReplicas();
  private Reconciler reconciler;
  private Path ledger;
  private final Uuid topic;
  private final UUID group;

  RebuildFixture(Path directory) {
    this.directory = directory;
    ledger = directory.resolve("replicas");
    node = new SingleNode(stored, Map.of());
    register(2);
    register(3);
    reconciler = reconciler(HERE, Failpoints.NONE);
    topic = create("orders", (short) 3);
    group = Replica.groupOf(topic, 0);
    // And it is known here that it was made.
    Await.until(() ->
        ReplicaLedger.open(ledger).find(group).filter(ReplicaLedger.Entry::created).isPresent());
  }

  static Uuid directoryOf(int otherNode) {
    return new Uuid(7, otherNode);
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
                    directoryOf(nodeId),
                    Optional.empty(),
                    List.of(endpoint),
                    Uuid.randomUuid(),
                    RegisteredNode.State.SERVING),
                Duration.ZERO));
  }

  private Reconciler reconciler(Uuid inDirectory, Failpoints failpoints) {
    return new Reconciler(
        node.metadata(), SingleNode.NODE_ID, inDirectory, ledger, replicas, failpoints);
  }

  Uuid create(String name, short factor) {
    return create(
        new CreatableTopic().setName(name).setNumPartitions(1).setReplicationFactor(factor));
  }

  Uuid create(CreatableTopic wanted) {
    return await(node.topicCreation().create(wanted)).id();
  }

  /** The topic whose partition 0 is held by all three nodes. */
  Uuid topic() {
    return topic;
  }

  /** The group of that partition. */
  UUID group() {
    return group;
  }

  FakeReplicas replicas() {
    return replicas;
  }

  Metadata metadata() {
    return node.metadata();
  }

  TopicDeletion topicDeletion() {
    return node.topicDeletion();
  }

  Map<UUID, String> quarantined() {
    return reconciler.quarantined();
  }

  Rebuilds rebuilds() {
    return new Rebuilds(node.metadata());
  }

  /** The rebuild of this node's replica, if there is one. */
  Optional<ReplicaRebuild> rebuild() {
    return rebuilds().find(topic, 0, SingleNode.NODE_ID);
  }

  ReplicaRebuild awaitStep(Step step, Uuid inDirectory) {
    Await.until(() ->
        rebuild()
            .filter(found -> found.step() == step && found.directory().equals(inDirectory))
            .isPresent());
    return rebuild().orElseThrow();
  }

  /** As the leader, once no voter of this node is left. */
  ReplicaRebuild remove(ReplicaRebuild quarantined) {
    assertThat(await(rebuilds().removed(quarantined))).isInstanceOf(Outcome.Done.class);
    return rebuild().orElseThrow();
  }

  /** As the leader, once this node's replica is a voter again. */
  void add(ReplicaRebuild empty) {
    assertThat(await(rebuilds().added(empty))).isInstanceOf(Outcome.Done.class);
  }

  void stopReconciling() {
    reconciler.close();
  }

  /** Everything but the disk is gone; nothing is done about replicas before {@link #reconcile}. */
  void reboot() {
    close();
    node = new SingleNode(stored, Map.of());
    replicas = replicas.restarted();
  }

  void reconcile(Uuid inDirectory, Failpoints failpoints) {
    reconciler = reconciler(inDirectory, failpoints);
  }

  void restart(Uuid inDirectory, Failpoints failpoints) {
    reboot();
    reconcile(inDirectory, failpoints);
  }

  /** The disk is gone, too: there is another one in its place. */
  void restartOnAnEmptyDisk(Uuid inDirectory) {
    close();
    node = new SingleNode(stored, Map.of());
    replicas = new FakeReplicas();
    ledger = directory.resolve("replicas-" + inDirectory);
    reconcile(inDirectory, Failpoints.NONE);
  }

  /** What runs; what is stored stays. */
  @Override
  public void close() {
    reconciler.close();
    node.close();
  }
}
