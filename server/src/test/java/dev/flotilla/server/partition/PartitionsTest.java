package dev.flotilla.server.partition;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.flotilla.raft.Leadership;
import dev.flotilla.raft.Voter;
import dev.flotilla.server.metadata.Replica;
import dev.flotilla.server.testing.Await;
import dev.flotilla.server.testing.InMemoryReplicatedLog;
import dev.flotilla.server.testing.PartitionFixture;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.CopyOnWriteArrayList;
import org.apache.kafka.common.TopicIdPartition;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.errors.KafkaStorageException;
import org.apache.kafka.common.errors.NotLeaderOrFollowerException;
import org.apache.kafka.common.errors.UnknownTopicOrPartitionException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** The registry of a node's partitions, and what it tells of them. */
final class PartitionsTest {

  private final PartitionFixture node = new PartitionFixture();
  private final TopicPartition place = new TopicPartition("t", 0);

  @AfterEach
  void close() {
    node.close();
  }

  private static Replica replica(Uuid topicId) {
    return Replica.of(new TopicIdPartition(topicId, 0, "t"));
  }

  @Test
  void shouldReportItsLeadershipOnceReadyAndWhenItGivesUp() {
    InMemoryReplicatedLog log = node.create("t", Map.of());
    log.lead(2);
    assertThat(node.reports).isEmpty();
    log.leadReady(2);
    log.become(new Leadership.Following(3, Optional.of(2)));
    log.become(new Leadership.Following(4, Optional.of(2)));
    log.leadReady(5);
    assertThat(node.reports).containsExactly("t-0 2 1 [1]", "t-0 2 -1 [1]", "t-0 5 1 [1]");
  }

  @Test
  void shouldReportOtherReplicasThatAreCaughtUpOnceWhileItLeads() {
    InMemoryReplicatedLog log = node.createLed("t", Map.of());
    UUID group = replica(node.topics.id("t").orElseThrow()).group();
    node.topics.replicas(new TopicPartition("t", 0), List.of(3, 1, 2));

    node.logs.caughtUp(group, Set.of(1, 2, 3));
    node.partitions.reportCaughtUp();
    node.partitions.reportCaughtUp();
    node.logs.caughtUp(group, Set.of(1, 2));
    node.partitions.reportCaughtUp();
    log.become(new Leadership.Following(2, Optional.of(3)));
    node.logs.caughtUp(group, Set.of());
    node.partitions.reportCaughtUp();

    assertThat(node.reports)
        .containsExactly("t-0 1 1 [1]", "t-0 1 1 [3, 1, 2]", "t-0 1 1 [1, 2]", "t-0 1 -1 [1, 2]");
  }

  @Test
  void shouldHandOverWhatItLeadsToAnotherReplica() {
    InMemoryReplicatedLog log = node.createLed("t", Map.of());
    node.create("followed", Map.of());
    UUID group = replica(node.topics.id("t").orElseThrow()).group();
    node.topics.replicas(new TopicPartition("t", 0), List.of(3, 1, 2));
    node.logs.caughtUp(group, Set.of(1, 2));

    var led = node.partitions.led();
    assertThat(led).hasSize(1);
    assertThat(led.getFirst().replicas()).containsExactly(3, 1, 2);
    assertThat(led.getFirst().caughtUp()).containsExactly(1, 2);
    led.getFirst().transferTo(2).join();

    assertThat(log.leadership()).isEqualTo(new Leadership.Following(2, Optional.of(2)));
    assertThat(node.partitions.led()).isEmpty();
  }

  @Test
  void shouldCampaignWhereItIsTheFirstReplica() {
    Uuid id = node.topics.add("t", Map.of());
    Voter self = new Voter("one", PartitionFixture.NODE, "localhost", 0);
    Voter other = new Voter("two", 2, "localhost", 0);
    node.partitions.create(replica(id), List.of(other, self));
    assertThat(node.logs.campaigns()).isEmpty();
    Uuid second = Uuid.randomUuid();
    node.partitions.create(replica(second), List.of(self, other));
    assertThat(node.logs.campaigns()).containsExactly(replica(second).group());
  }

  @Test
  void shouldKeepTheNewTopicWhenTheOldOneOfTheSameNameIsDeleted() throws Exception {
    node.create("t", Map.of());
    Partition old = node.partitions.get(place);
    node.topics.remove("t");
    node.create("t", Map.of());
    Partition recreated = node.partitions.get(place);
    assertThat(recreated).isNotSameAs(old);
    assertThat(node.partitions.running()).hasSize(2);

    node.partitions.delete(Replica.of(old.id()));
    assertThat(node.partitions.find(place)).containsSame(recreated);
    assertThat(node.partitions.running()).containsExactly(Replica.of(recreated.id()).group());
    assertThat(node.partitions.stored()).hasSize(1);
    node.partitions.delete(Replica.of(old.id()));
  }

  @Test
  void shouldTellAbsentPartitionsFromThoseElsewhere() {
    assertThatThrownBy(() -> node.partitions.get(place))
        .isInstanceOf(UnknownTopicOrPartitionException.class);
    node.topics.add("t", Map.of());
    assertThatThrownBy(() -> node.partitions.get(place))
        .isInstanceOf(NotLeaderOrFollowerException.class);
  }

  @Test
  void shouldServeReadsOfABrokenDiskUntilANewerLeaderIsKnown() throws Exception {
    // given
    InMemoryReplicatedLog log = node.createLed("t", Map.of());
    Partition partition = node.partitions.get(place);
    node.topics.leader(place, PartitionFixture.NODE, 1);

    // when its disk fails
    log.become(new Leadership.ReadOnly(1, "its disk failed"));

    // then it is read here, and nobody is told that it has no leader
    Await.until(() -> log.leadership() instanceof Leadership.ReadOnly);
    assertThat(partition.checkServes(Optional.of(1))).isEqualTo(1);
    assertThat(partition.serves(1)).isTrue();
    assertThat(node.reports).containsExactly("t-0 1 1 [1]");

    // when another one says that it leads
    node.topics.leader(place, 2, 2);

    // then clients have to go there
    assertThat(partition.serves(1)).isFalse();
    assertThatThrownBy(() -> partition.checkServes(Optional.of(1)))
        .isInstanceOf(NotLeaderOrFollowerException.class);

    // and when it is found damaged nothing is served at all
    node.topics.leader(place, PartitionFixture.NODE, 1);
    log.become(new Leadership.Failed(1, "damaged"));
    Await.until(() -> log.leadership() instanceof Leadership.Failed);
    assertThatThrownBy(() -> partition.checkServes(Optional.empty()))
        .isInstanceOf(KafkaStorageException.class);
    Await.until(() -> node.reports.equals(List.of("t-0 1 1 [1]", "t-0 1 -1 [1]")));
  }

  @Test
  void shouldTellAListenerWhatWasHeardBeforeThePartitionWasOpen() {
    List<Object> heard = new CopyOnWriteArrayList<>();
    PartitionEvents events =
        new PartitionEvents(
            List.of(
                new PartitionListener() {
                  @Override
                  public void leadershipChanged(Partition partition, Leadership leadership) {
                    heard.add(leadership);
                  }

                  @Override
                  public void highWatermarkChanged(Partition partition, long highWatermark) {
                    heard.add(highWatermark);
                  }

                  @Override
                  public void deleted(Partition partition) {
                    heard.add("deleted");
                  }
                }),
            reason -> {});
    events.leadershipChanged(new Leadership.NotReady(1));
    events.leadershipChanged(new Leadership.Ready(1));
    events.highWatermarkChanged(7);
    assertThat(heard).isEmpty();
    InMemoryReplicatedLog log = node.create("t", Map.of());
    Partition partition = new Partition(node.partitions.get(place).id(), log, () -> -1);

    events.attach(partition);
    assertThat(heard).containsExactly(new Leadership.Ready(1), 7L);
    events.highWatermarkChanged(8);
    events.detach(partition);
    events.highWatermarkChanged(9);
    assertThat(heard).containsExactly(new Leadership.Ready(1), 7L, 8L, "deleted");
  }
}
