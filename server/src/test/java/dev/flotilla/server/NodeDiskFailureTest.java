package dev.flotilla.server;

import static org.assertj.core.api.Assertions.assertThat;

import dev.flotilla.server.network.RawClient;
import dev.flotilla.server.testing.Await;
import dev.flotilla.server.testing.Batches;
import dev.flotilla.server.testing.GatedMmap;
import dev.flotilla.server.testing.NodeUnderTest;
import dev.flotilla.storage.StorageException;
import dev.flotilla.storage.testkit.FlushGate;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.message.FetchRequestData;
import org.apache.kafka.common.message.FetchRequestData.FetchPartition;
import org.apache.kafka.common.message.FetchRequestData.FetchTopic;
import org.apache.kafka.common.message.FetchResponseData;
import org.apache.kafka.common.message.FetchResponseData.PartitionData;
import org.apache.kafka.common.message.ProduceResponseData;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.requests.AbstractRequest;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A whole node whose disk fails under a partition that it leads. */
@Timeout(120)
final class NodeDiskFailureTest {

  private static final String TOPIC = "ledger";
  private static final TopicPartition PARTITION = new TopicPartition(TOPIC, 0);

  @TempDir Path directory;
  private FlushGate gate;
  private NodeUnderTest node;
  private Uuid topicId;

  @BeforeEach
  void startNode() throws IOException {
    gate = GatedMmap.gateOfPartitions(directory);
    node = NodeUnderTest.start(directory, Map.of("storage.engine", GatedMmap.NAME));
    topicId = node.createTopic(TOPIC);
    assertThat(produce("one")).isEqualTo(Errors.NONE);
    assertThat(produce("two")).isEqualTo(Errors.NONE);
  }

  @AfterEach
  void stopNode() {
    node.close();
  }

  @Test
  void shouldServeWhatWasCommittedWhileItsDiskIsBroken() throws Exception {
    // given
    gate.breakDisk(new StorageException("the disk is broken, as asked"));

    // when
    Errors refused = produce("lost");

    // then the producer is told to try again
    assertThat(refused).isEqualTo(Errors.KAFKA_STORAGE_ERROR);
    assertThat(refused.exception())
        .isInstanceOf(org.apache.kafka.common.errors.RetriableException.class);

    // and consumers read what was committed, from the replica that fails, is closed and not opened
    gate.awaitRefusedOpening(Duration.ofSeconds(60));
    for (int i = 0; i < 20; i++) {
      PartitionData fetched = fetch();
      assertThat(Errors.forCode(fetched.errorCode())).isEqualTo(Errors.NONE);
      assertThat(fetched.highWatermark()).isEqualTo(2);
      assertThat(fetched.records().sizeInBytes()).isPositive();
      assertThat(node.latestOffset(TOPIC)).isEqualTo(2);
    }
    assertThat(produce("lost again")).isEqualTo(Errors.KAFKA_STORAGE_ERROR);

    // and when the disk works again it takes more
    gate.mendDisk();
    Await.until(() -> produce("three") == Errors.NONE);
    assertThat(node.latestOffset(TOPIC)).isEqualTo(3);
  }

  @Test
  void shouldLetAConsumerReadOnThroughAFailure() throws Exception {
    try (KafkaConsumer<String, String> consumer = consumer()) {
      // given a consumer that comes when the disk is broken
      gate.breakDisk(new StorageException("the disk is broken, as asked"));
      assertThat(produce("lost")).isEqualTo(Errors.KAFKA_STORAGE_ERROR);
      gate.awaitRefusedOpening(Duration.ofSeconds(60));
      consumer.assign(List.of(PARTITION));
      consumer.seekToBeginning(List.of(PARTITION));

      // then it reads all that was committed
      List<String> values = new ArrayList<>();
      Await.until(() -> read(consumer, values) == 2);
      assertThat(consumer.endOffsets(List.of(PARTITION))).containsEntry(PARTITION, 2L);

      // and goes on when the disk works
      gate.mendDisk();
      Await.until(() -> produce("three") == Errors.NONE);
      Await.until(() -> read(consumer, values) == 3);
      assertThat(values).containsExactly("one", "two", "three");
    }
  }

  private KafkaConsumer<String, String> consumer() {
    Map<String, Object> config =
        Map.of(
            ConsumerConfig.BOOTSTRAP_SERVERS_CONFIG,
            "127.0.0.1:" + node.port(),
            ConsumerConfig.FETCH_MAX_WAIT_MS_CONFIG,
            50);
    return new KafkaConsumer<>(config, new StringDeserializer(), new StringDeserializer());
  }

  private static int read(KafkaConsumer<String, String> consumer, List<String> values) {
    consumer.poll(Duration.ofMillis(100)).forEach(each -> values.add(each.value()));
    return values.size();
  }

  private Errors produce(String value) {
    AbstractRequest request =
        NodeUnderTest.request(Batches.produce((short) -1, TOPIC, topicId, Batches.plain(value)));
    try (RawClient client = node.connect()) {
      var data = (ProduceResponseData) client.receive(ApiKeys.PRODUCE, client.send(request)).data();
      var partition = data.responses().iterator().next().partitionResponses().getFirst();
      return Errors.forCode(partition.errorCode());
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  private PartitionData fetch() throws IOException {
    var partition =
        new FetchPartition().setPartition(0).setFetchOffset(0).setPartitionMaxBytes(1 << 20);
    var data =
        new FetchRequestData()
            .setMaxBytes(1 << 20)
            .setMinBytes(1)
            .setMaxWaitMs(0)
            .setTopics(
                List.of(new FetchTopic().setTopicId(topicId).setPartitions(List.of(partition))));
    var answer = (FetchResponseData) node.call(data).data();
    return answer.responses().getFirst().partitions().getFirst();
  }
}
