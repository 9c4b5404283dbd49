package dev.flotilla.server.metadata;

import static dev.flotilla.server.testing.SingleNode.await;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.flotilla.proto.metadata.Entity;
import dev.flotilla.server.testing.InMemoryCommandLog;
import dev.flotilla.server.testing.SingleNode;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import org.apache.kafka.common.TopicIdPartition;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.message.CreateTopicsRequestData.CreatableTopic;
import org.apache.kafka.common.message.CreateTopicsRequestData.CreatableTopicConfig;
import org.apache.kafka.image.MetadataImage;
import org.apache.kafka.image.TopicsDelta;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class MetadataTest {

  private final InMemoryCommandLog.Stored stored = new InMemoryCommandLog.Stored();
  private SingleNode node = new SingleNode(stored, Map.of());

  @AfterEach
  void close() {
    node.close();
  }

  private void restart() {
    node.close();
    node = new SingleNode(stored, Map.of());
  }

  private Uuid create(String name, int partitions) {
    return await(
            node.topicCreation()
                .create(
                    new CreatableTopic()
                        .setName(name)
                        .setNumPartitions(partitions)
                        .setReplicationFactor((short) 1)))
        .id();
  }

  @Test
  void shouldShowATopicWithItsLeadersWhenItsCreationCompletes() {
    var id = create("orders", 3);

    var topic = node.metadata().image().topics().getTopic("orders");
    assertThat(topic.id()).isEqualTo(id);
    assertThat(topic.partitions()).hasSize(3);
    assertThat(topic.partitions().values())
        .allSatisfy(partition -> assertThat(partition.leader).isEqualTo(SingleNode.NODE_ID));
  }

  @Test
  void shouldRebuildTheSameImageFromTheLogAndFromASnapshot() {
    create("orders", 3);
    var gone = create("gone", 1);
    await(node.topicDeletion().delete(gone));
    await(node.producerIds().next());
    var before = withoutLeaders(node.metadata().image());

    restart();
    var fromSnapshot = withoutLeaders(node.metadata().image());
    create("later", 2);
    var later = withoutLeaders(node.metadata().image());
    restart();

    assertThat(fromSnapshot.topics()).isEqualTo(before.topics());
    assertThat(fromSnapshot.producerIds()).isEqualTo(before.producerIds());
    assertThat(fromSnapshot.features()).isEqualTo(before.features());
    assertThat(withoutLeaders(node.metadata().image()).topics()).isEqualTo(later.topics());
  }

  /** Leaders are soft: a fresh image has none. */
  private static MetadataImage withoutLeaders(MetadataImage image) {
    var delta = new org.apache.kafka.image.MetadataDelta.Builder().setImage(image).build();
    image
        .topics()
        .topicsById()
        .forEach((id, topic) ->
            topic
                .partitions()
                .forEach((number, partition) ->
                    delta.replay(
                        new org.apache.kafka.common.metadata.PartitionRecord()
                            .setTopicId(id)
                            .setPartitionId(number)
                            .setReplicas(List.of(SingleNode.NODE_ID))
                            .setIsr(List.of(SingleNode.NODE_ID))
                            .setLeader(-1))));
    return delta.apply(image.provenance());
  }

  @Test
  void shouldSnapshotAndPurgeEverySoManyCommands() {
    for (var i = 0; i < 120; i++) {
      await(node.producerIds().next());
    }

    await(node.metadata().submit(new Commands().build()));
    assertThat(stored.commandsKept()).isLessThan(120);
    restart();
    assertThat(await(node.producerIds().next())).isEqualTo(120_000L);
  }

  @Test
  void shouldTellPublishersEachChangeInOrderAfterAllThatIsKnown() {
    create("before", 1);
    var images = new CopyOnWriteArrayList<MetadataImage>();
    var deltas = new ArrayList<TopicsDelta>();
    node.metadata()
        .addPublisher((delta, image) -> {
          images.add(image);
          if (delta.topicsDelta() != null) {
            deltas.add(delta.topicsDelta());
          }
        });
    var after = create("after", 1);
    await(node.topicDeletion().delete(after));

    assertThat(images.getFirst().topics().getTopic("before")).isNotNull();
    assertThat(deltas.getFirst().createdTopicIds()).hasSize(1);
    assertThat(deltas.getLast().deletedTopicIds()).containsExactly(after);
    assertThat(images)
        .isSortedAccordingTo((a, b) ->
            Long.compare(
                a.provenance().lastContainedOffset(), b.provenance().lastContainedOffset()));
  }

  @Test
  void shouldGoOnWhenAPublisherFails() {
    node.metadata()
        .addPublisher((delta, image) -> {
          throw new IllegalStateException("on purpose");
        });

    assertThat(create("orders", 1)).isNotNull();
  }

  @Test
  void shouldLetTheHigherTermWin() {
    var id = create("orders", 1);
    var partition = new TopicIdPartition(id, 0, "orders");

    node.metadata().report(partition, 7, 3, List.of(3, 1));
    node.metadata().report(partition, 6, 2, List.of(2));

    var shown =
        await(node.metadata().when(image -> image.topics().getPartition(id, 0).leaderEpoch >= 6))
            .topics()
            .getPartition(id, 0);
    assertThat(shown.leaderEpoch).isEqualTo(7);
    assertThat(shown.leader).isEqualTo(3);
    assertThat(shown.isr).containsExactly(3, 1);
    node.metadata().report(partition, 7, LeadershipReports.NO_LEADER, List.of(1));
    await(node.metadata().when(image -> image.topics().getPartition(id, 0).leader == -1));
  }

  @Test
  void shouldKeepPartitionsAndLeadersWhenATopicsConfigChanges() {
    var topic =
        new CreatableTopic().setName("orders").setNumPartitions(2).setReplicationFactor((short) 1);
    topic.configs().add(new CreatableTopicConfig().setName("retention.ms").setValue("1000"));
    await(node.topicCreation().create(topic));
    var key = EntityKey.topic("orders");
    var found = node.metadata().find(key).orElseThrow();
    var changed =
        found.entity().getTopic().toBuilder()
            .removeConfig("retention.ms")
            .putConfig("segment.bytes", "1048576");

    await(
        node.metadata()
            .submit(
                new Commands()
                    .expect(key, found.version())
                    .put(Entity.newBuilder().setTopic(changed).build())
                    .build()));

    var image = node.metadata().image();
    assertThat(image.topics().getTopic("orders").partitions()).hasSize(2);
    assertThat(image.topics().getTopic("orders").partitions().values())
        .allSatisfy(partition -> assertThat(partition.leader).isEqualTo(SingleNode.NODE_ID));
    assertThat(
            image
                .configs()
                .configMapForResource(new ConfigResource(ConfigResource.Type.TOPIC, "orders")))
        .isEqualTo(Map.of("segment.bytes", "1048576"));
  }

  @Test
  void shouldNotInheritTheConfigOfADeletedTopicOfTheSameName() {
    var topic =
        new CreatableTopic().setName("orders").setNumPartitions(1).setReplicationFactor((short) 1);
    topic.configs().add(new CreatableTopicConfig().setName("retention.ms").setValue("1000"));
    var id = await(node.topicCreation().create(topic)).id();
    await(node.topicDeletion().delete(id));

    var again = create("orders", 1);

    assertThat(again).isNotEqualTo(id);
    assertThat(
            node.metadata()
                .image()
                .configs()
                .configMapForResource(new ConfigResource(ConfigResource.Type.TOPIC, "orders")))
        .isEmpty();
  }

  @Test
  void shouldRefuseTheMetadataOfAnotherCluster() {
    assertThatThrownBy(
            () -> await(new Formation(node.metadata()).form(SingleNode.clusterSettings("another"))))
        .hasMessageContaining("another");
  }

  @Test
  void shouldAnswerNonsenseAndStayAsItWas() {
    var answer =
        new EntitySet().apply(9, 1, java.nio.ByteBuffer.wrap(new byte[] {(byte) 0xff, 1, 2}));

    assertThat(answer.answer().hasInvalid()).isTrue();
    assertThat(answer.batch().changes()).isEmpty();
  }

  @Test
  void shouldGiveEachProducerIdOnceAlsoAfterARestart() {
    var ids = new ArrayList<Long>();
    var producerIds = node.producerIds();
    for (var i = 0; i < 1500; i++) {
      ids.add(await(producerIds.next()));
    }
    restart();
    ids.add(await(node.producerIds().next()));

    assertThat(ids).doesNotHaveDuplicates();
    assertThat(ids.getFirst()).isZero();
    assertThat(ids.getLast()).isEqualTo(2000);
  }
}
