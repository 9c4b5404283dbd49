package dev.flotilla.server.metadata;

import static dev.flotilla.server.testing.SingleNode.await;
import static org.assertj.core.api.Assertions.assertThat;

import dev.flotilla.server.metadata.ReplicaRebuild.Step;
import dev.flotilla.server.testing.Await;
import dev.flotilla.server.testing.SingleNode;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import org.apache.kafka.common.TopicIdPartition;
import org.apache.kafka.common.Uuid;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** What the metadata show and keep of a rebuild. */
@Timeout(120)
class RebuildInMetadataTest {

  private static final Uuid HERE = RebuildFixture.HERE;

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
  void shouldShowAReplicaAsNotCaughtUpAsLongAsItIsRebuilt() {
    // given
    var partition = new TopicIdPartition(node.topic(), 0, "orders");
    node.metadata().report(partition, 7, 2, List.of(1, 2, 3));
    awaitInSync(1, 2, 3);

    // when
    node.replicas().findDamaged(node.group());

    // then: whatever a leader says that did not hear of it
    awaitInSync(2, 3);
    node.metadata().report(partition, 8, 3, List.of(3, 1, 2));
    awaitInSync(3, 2);
    var quarantined = node.awaitStep(Step.QUARANTINED, HERE);
    node.remove(quarantined);
    node.add(node.awaitStep(Step.EMPTY, HERE));
    awaitInSync(3, 1, 2);
  }

  private void awaitInSync(int... nodes) {
    await(
        node.metadata()
            .when(image -> {
              var shown = image.topics().getPartition(node.topic(), 0);
              return Arrays.equals(shown.isr, nodes);
            }));
  }

  @Test
  void shouldLeaveNothingOfATopicThatIsDeletedMeanwhile() {
    node.replicas().findDamaged(node.group());
    var quarantined = node.awaitStep(Step.QUARANTINED, HERE);
    var replica = Replica.of(new TopicIdPartition(node.topic(), 0, "orders"));

    await(node.topicDeletion().delete(node.topic()));

    assertThat(node.rebuilds().all()).isEmpty();
    Await.until(() -> node.replicas().stored().isEmpty());
    Await.until(() -> node.quarantined().isEmpty());
    // What was decided before comes to nothing.
    assertThat(await(node.rebuilds().removed(quarantined))).isInstanceOf(Outcome.Conflict.class);
    assertThat(await(node.rebuilds().begin(replica, SingleNode.NODE_ID, HERE, "late")))
        .isInstanceOf(Outcome.Conflict.class);
    assertThat(node.rebuilds().all()).isEmpty();
  }
}
