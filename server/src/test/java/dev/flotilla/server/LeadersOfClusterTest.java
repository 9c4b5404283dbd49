package dev.flotilla.server;

import static org.assertj.core.api.Assertions.assertThat;

import dev.flotilla.server.metadata.LeadershipReports;
import dev.flotilla.server.testing.Await;
import dev.flotilla.server.testing.Batches;
import dev.flotilla.server.testing.ClusterUnderTest;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import org.apache.kafka.common.message.MetadataResponseData.MetadataResponsePartition;
import org.apache.kafka.common.message.ProduceRequestData;
import org.apache.kafka.common.message.ProduceRequestData.PartitionProduceData;
import org.apache.kafka.common.message.ProduceRequestData.TopicProduceData;
import org.apache.kafka.common.message.ProduceResponseData;
import org.apache.kafka.common.protocol.Errors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Three whole nodes: who leads, as each of them tells clients. */
@Timeout(300)
class LeadersOfClusterTest {

  private static final int PARTITIONS = 6;

  @TempDir Path root;

  private static Map<Integer, Integer> leaders(ClusterUnderTest cluster, int asked) {
    return cluster.partitions(asked, "orders").values().stream()
        .collect(
            Collectors.toMap(
                MetadataResponsePartition::partitionIndex, MetadataResponsePartition::leaderId));
  }

  private static boolean allLed(ClusterUnderTest cluster, int asked, Set<Integer> by) {
    var leaders = leaders(cluster, asked);
    return leaders.size() == PARTITIONS && by.containsAll(leaders.values());
  }

  private static long ledBy(ClusterUnderTest cluster, int asked, int node) {
    return leaders(cluster, asked).values().stream().filter(leader -> leader == node).count();
  }

  private static boolean allInSync(ClusterUnderTest cluster, int asked, Set<Integer> nodes) {
    return cluster.partitions(asked, "orders").values().stream()
        .allMatch(partition -> Set.copyOf(partition.isrNodes()).equals(nodes));
  }

  @Test
  void shouldNameTheSameLeadersOnEveryNodeThroughStopsAndReturns() throws IOException {
    try (var cluster =
        new ClusterUnderTest(root, 3, Map.of("leader.imbalance.check.interval.seconds", "1"))) {
      cluster.createTopic(1, "orders", PARTITIONS, 3);
      for (var asked : Set.of(1, 2, 3)) {
        Await.until(() -> allLed(cluster, asked, Set.of(1, 2, 3)));
        Await.until(() -> allInSync(cluster, asked, Set.of(1, 2, 3)));
        assertThat(cluster.brokers(asked)).containsOnlyKeys(1, 2, 3);
      }
      Await.until(() -> leaders(cluster, 2).equals(leaders(cluster, 1)));
      Await.until(() -> leaders(cluster, 3).equals(leaders(cluster, 1)));

      // One stops: the others lead what it led, and all know it. They may hear of it a moment after
      // it has stopped: it waits until others lead, not until those have told all nodes.
      cluster.stop(1);
      for (var asked : Set.of(2, 3)) {
        Await.until(() -> allLed(cluster, asked, Set.of(2, 3)));
        Await.until(() -> cluster.brokers(asked).keySet().equals(Set.of(2, 3)));
        Await.until(() -> allInSync(cluster, asked, Set.of(2, 3)));
      }

      // It returns, learns who leads, catches up, and gets back what it led.
      cluster.start(1);
      Await.until(() -> allInSync(cluster, 1, Set.of(1, 2, 3)));
      for (var asked : Set.of(1, 2, 3)) {
        Await.until(() -> ledBy(cluster, asked, 1) == PARTITIONS / 3);
        Await.until(() -> cluster.brokers(asked).keySet().equals(Set.of(1, 2, 3)));
      }
    }
  }

  @Test
  void shouldLeadClientsFromEveryWrongNodeToTheLeader() throws IOException {
    try (var cluster = new ClusterUnderTest(root, 3, Map.of())) {
      // Two replicas, so that one node is asked that has none.
      cluster.createTopic(1, "orders", PARTITIONS, 2);
      for (var asked : Set.of(1, 2, 3)) {
        Await.until(() -> allLed(cluster, asked, Set.of(1, 2, 3)));
        Await.until(() -> leaders(cluster, asked).equals(leaders(cluster, 1)));
      }

      for (var asked : Set.of(1, 2, 3)) {
        for (var partition : cluster.partitions(1, "orders").values()) {
          var answer = produce(cluster, asked, partition.partitionIndex());
          var told = answer.responses().iterator().next().partitionResponses().getFirst();
          if (asked == partition.leaderId()) {
            assertThat(Errors.forCode(told.errorCode())).isEqualTo(Errors.NONE);
          } else {
            assertThat(Errors.forCode(told.errorCode())).isEqualTo(Errors.NOT_LEADER_OR_FOLLOWER);
            assertThat(told.currentLeader().leaderId()).isEqualTo(partition.leaderId());
            assertThat(told.currentLeader().leaderEpoch()).isEqualTo(partition.leaderEpoch());
            var endpoint = answer.nodeEndpoints().find(partition.leaderId());
            assertThat(endpoint.port()).isEqualTo(cluster.node(partition.leaderId()).port());
          }
        }
      }
    }
  }

  private static ProduceResponseData produce(ClusterUnderTest cluster, int asked, int partition)
      throws IOException {
    var id = cluster.topicId(asked, "orders");
    var data = new ProduceRequestData().setAcks((short) -1).setTimeoutMs(20_000);
    data.topicData()
        .add(
            new TopicProduceData()
                .setTopicId(id)
                .setPartitionData(
                    List.of(
                        new PartitionProduceData()
                            .setIndex(partition)
                            .setRecords(Batches.plain("a")))));
    return (ProduceResponseData) cluster.node(asked).call(data).data();
  }

  @Test
  void shouldNotGoOnLeadingWithoutAMajority() throws IOException {
    try (var cluster = new ClusterUnderTest(root, 3, Map.of())) {
      cluster.createTopic(1, "orders", PARTITIONS, 3);
      Await.until(() -> allLed(cluster, 1, Set.of(1, 2, 3)));

      cluster.stop(2);
      cluster.stop(3);

      Await.until(() -> allLed(cluster, 1, Set.of(LeadershipReports.NO_LEADER)));
      for (var partition = 0; partition < PARTITIONS; partition++) {
        var told =
            produce(cluster, 1, partition).responses().iterator().next().partitionResponses();
        assertThat(Errors.forCode(told.getFirst().errorCode()))
            .isEqualTo(Errors.NOT_LEADER_OR_FOLLOWER);
      }

      cluster.start(2);
      Await.until(() -> allLed(cluster, 1, Set.of(1, 2)));
    }
  }
}
