package dev.flotilla.server.api;

import static org.assertj.core.api.Assertions.assertThat;

import dev.flotilla.raft.Leadership;
import dev.flotilla.server.testing.InMemoryReplicatedLog;
import dev.flotilla.server.testing.PartitionFixture;
import java.util.Map;
import java.util.Optional;
import org.apache.kafka.common.Node;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.network.ListenerName;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Node 1 is asked of a partition of which it has a replica. */
class LeaderHintTest {

  private static final TopicPartition PARTITION = new TopicPartition("t", 0);
  private static final ListenerName LISTENER = new ListenerName("CLIENTS");

  private final PartitionFixture node = new PartitionFixture();
  private final InMemoryReplicatedLog log = node.create("t", Map.of());

  @AfterEach
  void close() {
    node.close();
  }

  private LeaderHint hint() {
    return LeaderHint.of(node.partitions, node.topics, PARTITION, LISTENER);
  }

  private static LeaderHint leader(int nodeId, int epoch) {
    return new LeaderHint(nodeId, epoch, Optional.empty());
  }

  @Test
  void shouldNameTheLeaderThatTheReplicaHearsOverAnOlderReport() {
    node.topics.leader(PARTITION, 3, 4);
    log.become(new Leadership.Following(5, Optional.of(2)));

    assertThat(hint()).isEqualTo(leader(2, 5));
  }

  @Test
  void shouldNameAReportedLeaderOverAnOlderOneThatTheReplicaHeard() {
    log.become(new Leadership.Following(5, Optional.of(2)));
    node.topics.leader(PARTITION, 3, 6);

    assertThat(hint()).isEqualTo(leader(3, 6));
  }

  @Test
  void shouldNameNobodyWhileTheReplicaKnowsOfANewerTermOnly() {
    node.topics.leader(PARTITION, 3, 4);
    log.become(new Leadership.Following(5, Optional.empty()));

    assertThat(hint()).isEqualTo(LeaderHint.UNKNOWN);
  }

  @Test
  void shouldNotNameItselfWhenItHasJustGivenUpOrIsNotReady() {
    log.leadReady(5);
    node.topics.leader(PARTITION, PartitionFixture.NODE, 5);
    log.become(new Leadership.Following(5, Optional.empty()));
    assertThat(hint()).isEqualTo(LeaderHint.UNKNOWN);

    log.lead(6);
    assertThat(hint()).isEqualTo(LeaderHint.UNKNOWN);
  }

  @Test
  void shouldNameItselfWhereItLeads() {
    log.leadReady(5);

    assertThat(hint()).isEqualTo(leader(PartitionFixture.NODE, 5));
  }

  @Test
  void shouldTellHowTheLeaderIsReached() {
    var second = new Node(2, "two.example", 9093);
    node.topics.node(second);
    log.become(new Leadership.Following(5, Optional.of(2)));

    assertThat(hint()).isEqualTo(new LeaderHint(2, 5, Optional.of(second)));
  }
}
