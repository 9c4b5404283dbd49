package dev.flotilla.server.metadata;

import static dev.flotilla.server.testing.SingleNode.await;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.flotilla.raft.Voter;
import dev.flotilla.server.metadata.RegisteredNode.State;
import dev.flotilla.server.metadata.Registrations.Registration;
import dev.flotilla.server.testing.SingleNode;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import org.apache.kafka.common.Endpoint;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.errors.InvalidReplicaAssignmentException;
import org.apache.kafka.common.errors.InvalidReplicationFactorException;
import org.apache.kafka.common.message.CreateTopicsRequestData.CreatableReplicaAssignment;
import org.apache.kafka.common.message.CreateTopicsRequestData.CreatableTopic;
import org.apache.kafka.common.network.ListenerName;
import org.apache.kafka.common.security.auth.SecurityProtocol;
import org.apache.kafka.image.MetadataImage;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Nodes 2 to 4 beside node 1, which is registered and serves. */
class RegistrationsTest {

  private static final Duration NO_PATIENCE = Duration.ZERO;
  private static final Duration PATIENCE = Duration.ofMinutes(1);
  private static final ListenerName LISTENER = new ListenerName(SingleNode.LISTENER);

  private final SingleNode node = new SingleNode();
  private final Registrations registrations = new Registrations(node.metadata());

  @AfterEach
  void close() {
    node.close();
  }

  private static Registration registration(int nodeId, Uuid directory, State state) {
    return new Registration(
        new Voter(nodeId + "-" + directory, nodeId, "127.0.0.1", 7000 + nodeId),
        directory,
        Optional.empty(),
        List.of(
            new Endpoint(
                SingleNode.LISTENER, SecurityProtocol.PLAINTEXT, "127.0.0.1", 9000 + nodeId)),
        Uuid.randomUuid(),
        state);
  }

  private RegisteredNode register(int nodeId, State state) {
    await(registrations.register(registration(nodeId, Uuid.randomUuid(), state), NO_PATIENCE));
    return registrations.find(nodeId).orElseThrow();
  }

  private RegisteredNode change(RegisteredNode registered, State to) {
    assertThat(await(registrations.change(registered, to))).isInstanceOf(Outcome.Done.class);
    return registrations.find(registered.nodeId()).orElseThrow();
  }

  private List<Integer> alive() {
    return node.metadata().cache().getAliveBrokerNodes(LISTENER).stream()
        .map(org.apache.kafka.common.Node::id)
        .sorted()
        .toList();
  }

  @Test
  void shouldShowClientsOnlyNodesThatAreNotFenced() {
    var second = register(2, State.FENCED);
    assertThat(alive()).containsExactly(1);

    var serving = change(second, State.SERVING);
    assertThat(alive()).containsExactly(1, 2);

    var stopping = change(serving, State.STOPPING);
    assertThat(alive()).containsExactly(1, 2);

    change(stopping, State.FENCED);
    assertThat(alive()).containsExactly(1);
  }

  @Test
  void shouldKeepTheEpochOfTheRegistrationWhileTheStateChanges() {
    var second = register(2, State.FENCED);
    var epoch = node.metadata().image().cluster().broker(2).epoch();

    var serving = change(second, State.SERVING);
    change(serving, State.FENCED);

    assertThat(epoch).isEqualTo(second.version());
    assertThat(node.metadata().image().cluster().broker(2).epoch()).isEqualTo(epoch);
    assertThat(register(2, State.FENCED).version()).isGreaterThan(epoch);
    assertThat(node.metadata().image().cluster().broker(2).epoch()).isGreaterThan(epoch);
  }

  @Test
  void shouldNotChangeANodeThatHasRegisteredAnewMeanwhile() {
    var older = register(2, State.FENCED);
    var newer = register(2, State.FENCED);

    assertThat(await(registrations.change(older, State.SERVING)))
        .isInstanceOf(Outcome.Conflict.class);
    assertThat(registrations.find(2)).contains(newer);
  }

  @Test
  void shouldPublishAChangeOfStateAsAChangeOfThatNodeAlone() {
    var second = register(2, State.FENCED);
    var changed = new CopyOnWriteArrayList<List<Integer>>();
    node.metadata()
        .addPublisher((delta, image) -> {
          if (delta.clusterDelta() != null) {
            changed.add(List.copyOf(delta.clusterDelta().changedBrokers().keySet()));
          }
        });

    change(second, State.SERVING);

    assertThat(changed).last().isEqualTo(List.of(2));
  }

  @Test
  void shouldRefuseAnotherDirectoryWhileItsNodeIsAlive() {
    register(2, State.SERVING);
    var second = registration(2, Uuid.randomUuid(), State.FENCED);

    assertThatThrownBy(() -> await(registrations.register(second, NO_PATIENCE)))
        .hasRootCauseInstanceOf(IllegalStateException.class)
        .hasRootCauseMessage(
            "node 2 is alive, with another data directory: a node's id is its own");
  }

  @Test
  void shouldTakeAnotherDirectoryOnceItsNodeIsFenced() {
    var lost = register(2, State.SERVING);
    var replacement = registration(2, Uuid.randomUuid(), State.FENCED);
    var registered = registrations.register(replacement, PATIENCE);
    assertThat(registered).isNotDone();

    change(lost, State.FENCED);

    await(registered);
    assertThat(registrations.find(2))
        .map(RegisteredNode::incarnation)
        .contains(replacement.incarnation());
  }

  @Test
  void shouldTakeTheSameDirectoryAtOnce() {
    var directory = Uuid.randomUuid();
    await(registrations.register(registration(2, directory, State.SERVING), NO_PATIENCE));
    var restarted = registration(2, directory, State.FENCED);

    await(registrations.register(restarted, NO_PATIENCE));

    assertThat(registrations.find(2))
        .map(RegisteredNode::incarnation)
        .contains(restarted.incarnation());
    assertThat(alive()).containsExactly(1);
  }

  private CompletableFuture<?> create(String name, int replicationFactor) {
    return node.topicCreation()
        .create(
            new CreatableTopic()
                .setName(name)
                .setNumPartitions(4)
                .setReplicationFactor((short) replicationFactor));
  }

  private List<Integer> firstReplicas(String topic) {
    MetadataImage image = node.metadata().image();
    return image.topics().getTopic(topic).partitions().values().stream()
        .map(partition -> partition.replicas[0])
        .toList();
  }

  @Test
  void shouldGiveReplicasToFencedAndStoppingNodesOnlyWhereNoOthersAreLeft() {
    register(2, State.SERVING);
    register(3, State.FENCED);
    change(register(4, State.SERVING), State.STOPPING);

    await(create("two", 2));
    await(create("three", 3));

    assertThat(node.metadata().image().topics().getTopic("two").partitions().values())
        .allSatisfy(partition -> assertThat(partition.replicas).containsOnly(1, 2));
    assertThat(node.metadata().image().topics().getTopic("three").partitions().values())
        .allSatisfy(partition -> assertThat(partition.replicas).contains(1, 2));
    assertThat(firstReplicas("three")).isSubsetOf(1, 2);
  }

  @Test
  void shouldRefuseATopicThatCouldNotElectALeader() {
    register(2, State.FENCED);
    var assigned =
        new CreatableTopic()
            .setName("assigned")
            .setNumPartitions(-1)
            .setReplicationFactor((short) -1);
    assigned
        .assignments()
        .add(new CreatableReplicaAssignment().setPartitionIndex(0).setBrokerIds(List.of(1, 2)));

    assertThatThrownBy(() -> await(create("two", 2)))
        .hasRootCauseInstanceOf(InvalidReplicationFactorException.class);
    assertThatThrownBy(() -> await(create("three", 3)))
        .hasRootCauseInstanceOf(InvalidReplicationFactorException.class);
    assertThatThrownBy(() -> await(node.topicCreation().create(assigned)))
        .hasRootCauseInstanceOf(InvalidReplicaAssignmentException.class);
  }
}
