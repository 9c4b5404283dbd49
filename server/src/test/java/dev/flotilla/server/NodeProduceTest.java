package dev.flotilla.server;

import static org.assertj.core.api.Assertions.assertThat;

import dev.flotilla.server.network.RawClient;
import dev.flotilla.server.testing.Await;
import dev.flotilla.server.testing.Batches;
import dev.flotilla.server.testing.GatedMmap;
import dev.flotilla.server.testing.NodeUnderTest;
import dev.flotilla.storage.testkit.FlushGate;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.message.MetadataRequestData;
import org.apache.kafka.common.message.ProduceResponseData;
import org.apache.kafka.common.message.ProduceResponseData.PartitionProduceResponse;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.record.internal.MemoryRecords;
import org.apache.kafka.common.requests.AbstractRequest;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Produce requests to a whole node whose disk takes as long as the test wants. */
@Timeout(120)
final class NodeProduceTest {

  private static final String TOPIC = "ledger";
  private static final short ALL = -1;

  @TempDir Path directory;
  private FlushGate gate;
  private NodeUnderTest node;
  private Uuid topicId;
  private long producerId;

  @BeforeEach
  void startNode() throws IOException {
    gate = GatedMmap.gateOfPartitions(directory);
    node = NodeUnderTest.start(directory, Map.of("storage.engine", GatedMmap.NAME));
    topicId = node.createTopic(TOPIC);
    producerId = node.producerId();
  }

  @AfterEach
  void stopNode() {
    gate.openGate();
    node.close();
  }

  @Test
  void shouldAnswerQueuedProducesInOrderOnceTheyAreFlushed() throws Exception {
    try (RawClient client = node.connect()) {
      // given
      gate.closeGate();

      // when
      List<Integer> sent = new ArrayList<>();
      for (int i = 0; i < 5; i++) {
        sent.add(client.send(produce(ALL, numbered(2 * i, "first of " + i, "second of " + i))));
      }

      // then
      awaitQueued(5);
      gate.awaitWaitingWrites(1, Duration.ofSeconds(30));
      assertThat(node.latestOffset(TOPIC)).isZero();
      assertThat(client.hasResponse()).isFalse();

      // when
      gate.openGate();

      // then
      for (int i = 0; i < 5; i++) {
        assertThat(baseOffset(client, sent.get(i))).isEqualTo(2L * i);
      }
      assertThat(node.latestOffset(TOPIC)).isEqualTo(10);
    }
  }

  @Test
  void shouldAppendABatchOnceThatIsSentOnTwoConnectionsAndAfterARestart() throws Exception {
    // given
    MemoryRecords batch = numbered(1, "the one");
    try (RawClient first = node.connect();
        RawClient second = node.connect()) {
      assertThat(baseOffset(first, first.send(produce(ALL, numbered(0, "the one before")))))
          .isZero();
      gate.closeGate();

      // when
      int sentFirst = first.send(produce(ALL, batch));
      int sentSecond = second.send(produce(ALL, batch));
      awaitQueued(3);
      gate.awaitWaitingWrites(1, Duration.ofSeconds(30));
      assertThat(node.latestOffset(TOPIC)).isOne();
      assertThat(first.hasResponse()).isFalse();
      assertThat(second.hasResponse()).isFalse();
      gate.openGate();

      // then
      assertThat(baseOffset(first, sentFirst)).isOne();
      assertThat(baseOffset(second, sentSecond)).isOne();
    }
    assertThat(node.latestOffset(TOPIC)).isEqualTo(2);
    assertThat(node.metric("flotilla_produce_duplicates_total")).isOne();

    // when
    node.restart();

    // then
    try (RawClient third = node.connect()) {
      assertThat(baseOffset(third, third.send(produce(ALL, batch)))).isOne();
    }
    assertThat(node.latestOffset(TOPIC)).isEqualTo(2);
    assertThat(node.metric("flotilla_produce_duplicates_total")).isOne();
  }

  @Test
  void shouldNeitherAnswerNorHoldBackOthersForAcksNone() throws Exception {
    try (RawClient client = node.connect()) {
      // given
      gate.closeGate();

      // when
      client.send(produce((short) 0, Batches.plain("nobody waits for it")));
      int asked =
          client.send(NodeUnderTest.request(new MetadataRequestData().setTopics(List.of())));

      // then
      client.receive(ApiKeys.METADATA, asked);
      gate.awaitWaitingWrites(1, Duration.ofSeconds(30));
      assertThat(node.latestOffset(TOPIC)).isZero();

      // when
      gate.openGate();

      // then
      Await.until(() -> node.latestOffset(TOPIC) == 1);
      assertThat(client.hasResponse()).isFalse();
    }
  }

  @ParameterizedTest
  @ValueSource(shorts = {1, ALL})
  void shouldAnswerAcksOneAndAllAfterTheFlush(short acks) throws Exception {
    try (RawClient client = node.connect()) {
      // given
      gate.closeGate();

      // when
      int sent = client.send(produce(acks, Batches.plain("durable")));
      gate.awaitWaitingWrites(1, Duration.ofSeconds(30));
      assertThat(node.latestOffset(TOPIC)).isZero();
      assertThat(client.hasResponse()).isFalse();
      gate.openGate();

      // then
      assertThat(baseOffset(client, sent)).isZero();
    }
    assertThat(node.latestOffset(TOPIC)).isOne();
  }

  private MemoryRecords numbered(int baseSequence, String... values) {
    return Batches.idempotent(producerId, 0, baseSequence, values);
  }

  private AbstractRequest produce(short acks, MemoryRecords records) {
    return NodeUnderTest.request(Batches.produce(acks, TOPIC, topicId, records));
  }

  private void awaitQueued(int batches) {
    Await.until(() -> node.metric("flotilla_produce_batches_total") == batches);
  }

  private static long baseOffset(RawClient client, int sent) throws IOException {
    var data = (ProduceResponseData) client.receive(ApiKeys.PRODUCE, sent).data();
    PartitionProduceResponse partition =
        data.responses().iterator().next().partitionResponses().getFirst();
    assertThat(Errors.forCode(partition.errorCode())).isEqualTo(Errors.NONE);
    return partition.baseOffset();
  }
}
