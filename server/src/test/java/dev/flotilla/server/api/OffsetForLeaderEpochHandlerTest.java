package dev.flotilla.server.api;

import static org.assertj.core.api.Assertions.assertThat;

import dev.flotilla.raft.Leadership;
import dev.flotilla.server.testing.Batches;
import dev.flotilla.server.testing.InMemoryReplicatedLog;
import dev.flotilla.server.testing.PartitionFixture;
import dev.flotilla.server.testing.TestClient;
import java.util.Map;
import java.util.Optional;
import org.apache.kafka.common.message.OffsetForLeaderEpochRequestData;
import org.apache.kafka.common.message.OffsetForLeaderEpochRequestData.OffsetForLeaderPartition;
import org.apache.kafka.common.message.OffsetForLeaderEpochRequestData.OffsetForLeaderTopic;
import org.apache.kafka.common.message.OffsetForLeaderEpochRequestData.OffsetForLeaderTopicCollection;
import org.apache.kafka.common.message.OffsetForLeaderEpochResponseData.EpochEndOffset;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.requests.OffsetsForLeaderEpochRequest;
import org.apache.kafka.common.requests.OffsetsForLeaderEpochResponse;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Where leader epochs end. */
@Timeout(60)
final class OffsetForLeaderEpochHandlerTest {

  private final PartitionFixture node = new PartitionFixture();
  private final TestClient client = new TestClient(node);

  @AfterEach
  void close() {
    node.close();
  }

  private EpochEndOffset ask(int version, int currentEpoch, int epoch) throws Exception {
    var topics = new OffsetForLeaderTopicCollection();
    var topic = new OffsetForLeaderTopic().setTopic("t");
    topic
        .partitions()
        .add(
            new OffsetForLeaderPartition()
                .setPartition(0)
                .setCurrentLeaderEpoch(currentEpoch)
                .setLeaderEpoch(epoch));
    topics.add(topic);
    // Kafka's builders make no request of version 2, which old consumers send.
    var data = new OffsetForLeaderEpochRequestData().setTopics(topics).setReplicaId(-1);
    var request = new OffsetsForLeaderEpochRequest(data, (short) version);
    var response = (OffsetsForLeaderEpochResponse) node.answer(node.offsetForLeaderEpoch, request);
    return response.data().topics().find("t").partitions().getFirst();
  }

  private void assertEnd(EpochEndOffset end, int epoch, long offset) {
    assertThat(Errors.forCode(end.errorCode())).isEqualTo(Errors.NONE);
    assertThat(end.leaderEpoch()).isEqualTo(epoch);
    assertThat(end.endOffset()).isEqualTo(offset);
  }

  @Test
  void shouldTellWhereEachEpochEnds() throws Exception {
    InMemoryReplicatedLog log = node.createLed("t", Map.of());
    client.produce("t", Batches.plain("a", "b"));
    log.leadReady(4);
    client.produce("t", Batches.plain("c"));
    for (int version = 2; version <= 4; version++) {
      assertEnd(ask(version, 4, 1), 1, 2);
      assertEnd(ask(version, -1, 3), 1, 2);
      assertEnd(ask(version, 4, 4), 4, 3);
      assertEnd(ask(version, 4, 5), -1, -1);
      assertEnd(ask(version, 4, 0), 0, 0);
    }
  }

  @Test
  void shouldRefuseWhereItDoesNotServe() throws Exception {
    assertError(ask(4, -1, 0), Errors.UNKNOWN_TOPIC_OR_PARTITION);
    InMemoryReplicatedLog log = node.createLed("t", Map.of());
    assertError(ask(4, 0, 0), Errors.FENCED_LEADER_EPOCH);
    assertError(ask(4, 2, 0), Errors.UNKNOWN_LEADER_EPOCH);
    log.become(new Leadership.Following(2, Optional.empty()));
    assertError(ask(4, 2, 0), Errors.NOT_LEADER_OR_FOLLOWER);
  }

  private static void assertError(EpochEndOffset end, Errors expected) {
    assertThat(Errors.forCode(end.errorCode())).isEqualTo(expected);
    assertThat(end.endOffset()).isEqualTo(-1);
  }
}
