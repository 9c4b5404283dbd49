package dev.flotilla.server.metadata;

import static org.assertj.core.api.Assertions.assertThat;

import dev.flotilla.server.metadata.ReplicaRebuild.Step;
import dev.flotilla.server.testing.Await;
import dev.flotilla.server.testing.SingleNode;
import java.nio.file.Path;
import java.util.List;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.message.CreateTopicsRequestData.CreatableReplicaAssignment;
import org.apache.kafka.common.message.CreateTopicsRequestData.CreatableTopic;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What a node does of a rebuild of its replica; the test plays the leader. */
@Timeout(120)
class RebuildStepsTest {

  private static final Uuid HERE = RebuildFixture.HERE;
  private static final Uuid ELSEWHERE = RebuildFixture.ELSEWHERE;

  private RebuildFixture node;

  @BeforeEach
  void start(@TempDir Path directory) {
    node = new RebuildFixture(directory);
  }

  @AfterEach
  void stop() {
    node.close();
  }

  @Test
  void shouldRebuildAReplicaThatTurnsOutToBeDamaged() {
    // when
    node.replicas().findDamaged(node.group());

    // then: it is closed before anybody hears of it
    var quarantined = node.awaitStep(Step.QUARANTINED, HERE);
    assertThat(quarantined.reason()).isEqualTo("found damaged on purpose");
    assertThat(node.replicas().running()).doesNotContain(node.group());
    assertThat(node.replicas().stored()).contains(node.group());
    assertThat(node.quarantined()).containsOnlyKeys(node.group());

    // when: it is no voter
    node.remove(quarantined);

    // then: it is there again, and does not vote
    var empty = node.awaitStep(Step.EMPTY, HERE);
    assertThat(node.replicas().running()).contains(node.group());
    assertThat(node.replicas().empty()).contains(node.group());
    Await.until(() -> node.quarantined().isEmpty());

    // when: it is a voter again
    node.add(empty);

    // then
    assertThat(node.rebuild()).isEmpty();
    node.restart(HERE, Failpoints.NONE);
    Await.until(() -> node.replicas().running().contains(node.group()));
    assertThat(node.rebuild()).isEmpty();
    Await.until(() -> node.quarantined().isEmpty());
  }

  @Test
  void shouldRebuildAReplicaThatDoesNotOpen() {
    node.reboot();
    node.replicas().damage(node.group());
    node.reconcile(HERE, Failpoints.NONE);

    node.remove(node.awaitStep(Step.QUARANTINED, HERE));

    node.awaitStep(Step.EMPTY, HERE);
    Await.until(() -> node.replicas().running().contains(node.group()));
  }

  @Test
  void shouldRebuildAReplicaWhoseFilesAreGone() {
    node.replicas().lose(node.group());
    node.restart(HERE, Failpoints.NONE);

    node.remove(node.awaitStep(Step.QUARANTINED, HERE));

    node.awaitStep(Step.EMPTY, HERE);
    assertThat(node.replicas().empty()).contains(node.group());
  }

  @Test
  void shouldRebuildAReplicaInAnotherDirectoryThatIsEmpty() {
    node.restartOnAnEmptyDisk(ELSEWHERE);

    var quarantined = node.awaitStep(Step.QUARANTINED, ELSEWHERE);
    assertThat(quarantined.reason()).contains(HERE.toString());
    assertThat(node.replicas().stored()).isEmpty();
    node.remove(quarantined);
    node.add(node.awaitStep(Step.EMPTY, ELSEWHERE));

    assertThat(node.rebuilds().assignment(node.topic(), 0).orElseThrow().directories())
        .containsExactlyInAnyOrder(
            ELSEWHERE, RebuildFixture.directoryOf(2), RebuildFixture.directoryOf(3));
    node.restart(ELSEWHERE, Failpoints.NONE);
    Await.until(() -> node.replicas().running().contains(node.group()));
    assertThat(node.rebuild()).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(shorts = {1, 2})
  void shouldNotRebuildWhereTooFewOthersAre(short factor) {
    var few = node.create("few", factor);
    node.restartOnAnEmptyDisk(ELSEWHERE);
    node.awaitStep(Step.QUARANTINED, ELSEWHERE);

    assertThat(node.rebuilds().find(few, 0, SingleNode.NODE_ID)).isEmpty();
    assertThat(node.replicas().stored()).isEmpty();
  }

  @Test
  void shouldOpenAgainWhatIsRepairedInPlace() {
    // given
    var lone = Replica.groupOf(createHere("lone"), 0);
    Await.until(() -> node.replicas().running().contains(lone));

    // when: to open it helps
    node.replicas().findRepairable(lone);

    // then
    Await.until(() -> node.replicas().opened().contains(lone));
    assertThat(node.replicas().running()).contains(lone);
    assertThat(node.quarantined()).isEmpty();

    // when: it does not
    node.replicas().findDamaged(lone);

    // then
    Await.until(() -> node.quarantined().containsKey(lone));
    assertThat(node.replicas().running()).doesNotContain(lone);
    assertThat(node.rebuilds().all()).isEmpty();
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
    return node.create(topic);
  }
}
