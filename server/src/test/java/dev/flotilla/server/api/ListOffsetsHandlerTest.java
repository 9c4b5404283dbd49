package dev.flotilla.server.api;

import static org.assertj.core.api.Assertions.assertThat;

import dev.flotilla.raft.Leadership;
import dev.flotilla.server.testing.InMemoryReplicatedLog;
import dev.flotilla.server.testing.PartitionFixture;
import dev.flotilla.server.testing.TestClient;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.common.IsolationLevel;
import org.apache.kafka.common.compress.Compression;
import org.apache.kafka.common.message.ListOffsetsRequestData.ListOffsetsPartition;
import org.apache.kafka.common.message.ListOffsetsRequestData.ListOffsetsTopic;
import org.apache.kafka.common.message.ListOffsetsResponseData.ListOffsetsPartitionResponse;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.record.internal.MemoryRecords;
import org.apache.kafka.common.record.internal.SimpleRecord;
import org.apache.kafka.common.requests.ListOffsetsRequest;
import org.apache.kafka.common.requests.ListOffsetsResponse;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Where partitions begin and end, and which offset belongs to a time. */
@Timeout(60)
final class ListOffsetsHandlerTest {

  private final PartitionFixture node = new PartitionFixture();
  private final TestClient client = new TestClient(node);

  @AfterEach
  void nothingStaysLent() {
    assertThat(node.lentSlices()).isZero();
    node.close();
  }

  private ListOffsetsPartitionResponse list(int version, long timestamp, int epoch)
      throws Exception {
    var partition =
        new ListOffsetsPartition()
            .setPartitionIndex(0)
            .setTimestamp(timestamp)
            .setCurrentLeaderEpoch(version < 4 ? -1 : epoch);
    var topic = new ListOffsetsTopic().setName("t").setPartitions(List.of(partition));
    var request =
        ListOffsetsRequest.Builder.forConsumer(false, IsolationLevel.READ_UNCOMMITTED)
            .setTargetTimes(List.of(topic))
            .build((short) version);
    var response = (ListOffsetsResponse) node.answer(node.listOffsets, request);
    return response.data().topics().getFirst().partitions().getFirst();
  }

  private void assertFound(long timestamp, long expectedTimestamp, long offset, int epoch)
      throws Exception {
    var found = list(11, timestamp, -1);
    assertThat(Errors.forCode(found.errorCode())).isEqualTo(Errors.NONE);
    assertThat(List.of(found.timestamp(), found.offset(), (long) found.leaderEpoch()))
        .as("timestamp, offset and epoch for %d", timestamp)
        .containsExactly(expectedTimestamp, offset, (long) epoch);
  }

  private void produce(Compression compression, long... timestamps) throws Exception {
    SimpleRecord[] records = new SimpleRecord[timestamps.length];
    for (int i = 0; i < timestamps.length; i++) {
      records[i] = new SimpleRecord(timestamps[i], null, new byte[] {1});
    }
    var answered = client.produce("t", MemoryRecords.withRecords(compression, records));
    assertThat(answered.errorCode()).isZero();
  }

  @Test
  void shouldFindBothEndsInEveryVersion() throws Exception {
    node.createLed("t", Map.of());
    produce(Compression.NONE, 10, 20);
    for (int version = 1; version <= ApiKeys.LIST_OFFSETS.latestVersion(); version++) {
      var latest = list(version, ListOffsetsRequest.LATEST_TIMESTAMP, 1);
      assertThat(latest.errorCode()).as("version %d", version).isZero();
      assertThat(latest.offset()).isEqualTo(2);
      assertThat(latest.leaderEpoch()).isEqualTo(version < 4 ? -1 : 1);
      assertThat(list(version, ListOffsetsRequest.EARLIEST_TIMESTAMP, 1).offset()).isZero();
    }
  }

  @Test
  void shouldFindTheFirstRecordAtOrAfterATime() throws Exception {
    InMemoryReplicatedLog log = node.createLed("t", Map.of());
    produce(Compression.NONE, 100, 300, 200);
    log.leadReady(2);
    produce(Compression.gzip().build(), 250, 400, 400);
    produce(Compression.NONE, 350);

    assertFound(0, 100, 0, 1);
    assertFound(100, 100, 0, 1);
    assertFound(101, 300, 1, 1);
    assertFound(301, 400, 4, 2);
    assertFound(401, -1, -1, -1);
    assertFound(ListOffsetsRequest.MAX_TIMESTAMP, 400, 4, 2);
    log.moveLogStart(2).get(5, TimeUnit.SECONDS);
    assertFound(ListOffsetsRequest.EARLIEST_TIMESTAMP, -1, 2, 1);
    assertFound(250, 250, 3, 2);
    assertFound(150, 200, 2, 1);
  }

  @Test
  void shouldAnswerAnEmptyPartition() throws Exception {
    node.createLed("t", Map.of());
    assertFound(ListOffsetsRequest.EARLIEST_TIMESTAMP, -1, 0, 1);
    assertFound(ListOffsetsRequest.LATEST_TIMESTAMP, -1, 0, 1);
    assertFound(ListOffsetsRequest.MAX_TIMESTAMP, -1, -1, -1);
    assertFound(0, -1, -1, -1);
  }

  @Test
  void shouldAnswerAsWithoutTieredStorage() throws Exception {
    node.createLed("t", Map.of());
    produce(Compression.NONE, 10);
    assertFound(ListOffsetsRequest.EARLIEST_LOCAL_TIMESTAMP, -1, 0, 1);
    assertFound(ListOffsetsRequest.LATEST_TIERED_TIMESTAMP, -1, -1, -1);
    assertFound(ListOffsetsRequest.EARLIEST_PENDING_UPLOAD_TIMESTAMP, -1, -1, -1);
    assertError(
        list(7, ListOffsetsRequest.EARLIEST_LOCAL_TIMESTAMP, -1), Errors.UNSUPPORTED_VERSION);
    assertError(
        list(8, ListOffsetsRequest.LATEST_TIERED_TIMESTAMP, -1), Errors.UNSUPPORTED_VERSION);
    assertError(
        list(10, ListOffsetsRequest.EARLIEST_PENDING_UPLOAD_TIMESTAMP, -1),
        Errors.UNSUPPORTED_VERSION);
  }

  @Test
  void shouldRefuseATimestampBelowZeroThatHasNoMeaning() throws Exception {
    node.createLed("t", Map.of());
    produce(Compression.NONE, 10);
    assertError(list(6, ListOffsetsRequest.MAX_TIMESTAMP, -1), Errors.UNSUPPORTED_VERSION);
    assertThat(list(7, ListOffsetsRequest.MAX_TIMESTAMP, -1).offset()).isZero();
    for (long timestamp : new long[] {-7, Long.MIN_VALUE}) {
      assertError(list(11, timestamp, -1), Errors.UNSUPPORTED_VERSION);
    }
  }

  @Test
  void shouldNotShowAnEndThatMayBeTooLow() throws Exception {
    InMemoryReplicatedLog log = node.createLed("t", Map.of());
    log.lead(2);
    for (long wanted : new long[] {ListOffsetsRequest.LATEST_TIMESTAMP, 5}) {
      assertError(list(5, wanted, -1), Errors.OFFSET_NOT_AVAILABLE);
      assertError(list(4, wanted, -1), Errors.LEADER_NOT_AVAILABLE);
    }
  }

  @Test
  void shouldRefuseWhereItDoesNotServe() throws Exception {
    assertError(list(11, 0, -1), Errors.UNKNOWN_TOPIC_OR_PARTITION);
    InMemoryReplicatedLog log = node.createLed("t", Map.of());
    assertError(list(11, 0, 0), Errors.FENCED_LEADER_EPOCH);
    assertError(list(11, 0, 2), Errors.UNKNOWN_LEADER_EPOCH);
    log.become(new Leadership.Following(2, Optional.of(3)));
    assertError(list(11, 0, -1), Errors.NOT_LEADER_OR_FOLLOWER);
  }

  @Test
  void shouldRefuseAPartitionNamedTwice() throws Exception {
    node.createLed("t", Map.of());
    List<ListOffsetsPartition> twice = new ArrayList<>();
    for (long timestamp : new long[] {-1, -2}) {
      twice.add(new ListOffsetsPartition().setPartitionIndex(0).setTimestamp(timestamp));
    }
    var topic = new ListOffsetsTopic().setName("t").setPartitions(twice);
    var request =
        ListOffsetsRequest.Builder.forConsumer(false, IsolationLevel.READ_COMMITTED)
            .setTargetTimes(List.of(topic))
            .build((short) 9);
    var response = (ListOffsetsResponse) node.answer(node.listOffsets, request);
    assertThat(response.errorCounts()).containsOnlyKeys(Errors.INVALID_REQUEST);
  }

  private static void assertError(ListOffsetsPartitionResponse response, Errors expected) {
    assertThat(Errors.forCode(response.errorCode())).isEqualTo(expected);
    assertThat(response.offset()).isEqualTo(-1);
  }
}
