package dev.flotilla.server.api;

import static org.assertj.core.api.Assertions.assertThat;

import dev.flotilla.server.testing.Batches;
import dev.flotilla.server.testing.PartitionFixture;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.record.internal.Record;
import org.apache.kafka.common.record.internal.RecordBatch;
import org.apache.kafka.common.requests.FetchRequest;
import org.apache.kafka.common.requests.FetchResponse;
import org.apache.kafka.common.requests.ProduceRequest;
import org.apache.kafka.common.requests.ProduceResponse;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Each version of Produce and of Fetch, as Kafka's own builders make them. */
@Timeout(60)
final class ProduceAndFetchTest {

  private final PartitionFixture node = new PartitionFixture();

  @AfterEach
  void nothingStaysLent() {
    assertThat(node.lentSlices()).isZero();
    node.close();
  }

  @Test
  void shouldAppendInEveryVersion() throws Exception {
    node.createLed("t", Map.of());
    Uuid id = node.topics.id("t").orElseThrow();
    long expected = 0;
    for (short version = 3; version <= ApiKeys.PRODUCE.latestVersion(); version++) {
      var data = Batches.produce((short) -1, "t", id, Batches.plain("a", "b"));
      var request = new ProduceRequest.Builder(version, version, data).build(version);
      var response = (ProduceResponse) node.answer(node.produce, request);

      var topic = response.data().responses().iterator().next();
      var partition = topic.partitionResponses().getFirst();
      assertThat(partition.errorCode()).as("version %d", version).isZero();
      assertThat(partition.baseOffset()).isEqualTo(expected);
      if (version >= 13) {
        assertThat(topic.topicId()).isEqualTo(id);
      } else {
        assertThat(topic.name()).isEqualTo("t");
      }
      expected += 2;
    }
  }

  @Test
  void shouldFetchWhatWasProducedInEveryVersion() throws Exception {
    node.createLed("t", Map.of());
    Uuid id = node.topics.id("t").orElseThrow();
    for (String value : List.of("a", "b", "c")) {
      var data = Batches.produce((short) 1, "t", id, Batches.plain(value));
      node.answer(node.produce, ProduceRequest.builder(data).build((short) 12));
    }
    for (short version = 4; version <= ApiKeys.FETCH.latestVersion(); version++) {
      var wanted =
          Map.of(
              new TopicPartition("t", 0),
              new FetchRequest.PartitionData(id, 1, -1, 1 << 20, Optional.of(1)));
      var request = FetchRequest.Builder.forConsumer(version, 0, 1, wanted).build(version);
      var response = (FetchResponse) node.answer(node.fetch, request);

      assertThat(response.errorCounts()).as("version %d", version).hasSize(1);
      var partition = response.data().responses().getFirst().partitions().getFirst();
      assertThat(partition.errorCode()).isZero();
      assertThat(partition.highWatermark()).isEqualTo(3);
      List<String> values = new ArrayList<>();
      for (RecordBatch batch : FetchResponse.recordsOrFail(partition).batches()) {
        assertThat(batch.partitionLeaderEpoch()).isEqualTo(1);
        assertThat(batch.isValid()).isTrue();
        for (Record record : batch) {
          values.add(record.offset() + StandardCharsets.UTF_8.decode(record.value()).toString());
        }
      }
      assertThat(values).containsExactly("1b", "2c");
    }
  }
}
