package dev.flotilla.server.api;

import static org.assertj.core.api.Assertions.assertThat;

import dev.flotilla.raft.Leadership;
import dev.flotilla.server.network.Answer;
import dev.flotilla.server.testing.Batches;
import dev.flotilla.server.testing.InMemoryReplicatedLog;
import dev.flotilla.server.testing.PartitionFixture;
import dev.flotilla.server.testing.TestClient;
import dev.flotilla.server.testing.TestClient.FetchSpec;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.common.Node;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.requests.ProduceRequest;
import org.apache.kafka.common.requests.ProduceResponse;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** When and with what produce requests are answered. */
@Timeout(60)
final class ProduceHandlerTest {

  private final PartitionFixture node = new PartitionFixture();
  private final TestClient client = new TestClient(node);

  @AfterEach
  void nothingStaysLent() {
    assertThat(node.lentSlices()).isZero();
    node.close();
  }

  @Test
  void shouldAnswerOnlyOnceTheEntryIsCommitted() throws Exception {
    InMemoryReplicatedLog log = node.createLed("t", Map.of());
    log.closeGate();
    var first = client.produceLater(12, "t", Batches.plain("a"));
    var second = client.produceLater(12, "t", Batches.plain("b", "c"));
    assertThat(first.answer()).isNotDone();
    log.openGate();
    assertThat(client.produced(first).baseOffset()).isZero();
    assertThat(client.produced(second).baseOffset()).isOne();
  }

  @Test
  void shouldStoreABatchOnceThatCameOnTwoConnections() throws Exception {
    InMemoryReplicatedLog log = node.createLed("t", Map.of());
    log.closeGate();
    var blocker = client.produceLater(12, "t", Batches.plain("x"));
    var first = client.produceLater(12, "t", Batches.idempotent(9, 0, 0, "a", "b"));
    var again = client.produceLater(12, "t", Batches.idempotent(9, 0, 0, "a", "b"));
    log.openGate();

    assertThat(client.produced(blocker).baseOffset()).isZero();
    assertThat(client.produced(first).baseOffset()).isOne();
    assertThat(client.produced(again).baseOffset()).isOne();
    assertThat(client.produce("t", Batches.idempotent(9, 0, 0, "a", "b")).baseOffset()).isOne();
    assertThat(log.highWatermark()).isEqualTo(3);
    assertThat(node.registry.meter("produce.duplicates").getCount()).isEqualTo(2);
  }

  @Test
  void shouldAnswerOutOfOrderSequencesAndOldEpochs() throws Exception {
    node.createLed("t", Map.of());
    client.produce("t", Batches.idempotent(9, 1, 0, "a"));
    assertThat(client.produce("t", Batches.idempotent(9, 1, 4, "e")).errorCode())
        .isEqualTo(Errors.OUT_OF_ORDER_SEQUENCE_NUMBER.code());
    assertThat(client.produce("t", Batches.idempotent(9, 0, 1, "b")).errorCode())
        .isEqualTo(Errors.INVALID_PRODUCER_EPOCH.code());
  }

  @Test
  void shouldTimeOutWhileTheEntryGoesOn() throws Exception {
    InMemoryReplicatedLog log = node.createLed("t", Map.of());
    log.closeGate();
    var inFlight = sendWithTimeout("a");
    var queued = sendWithTimeout("b");

    assertThat(client.produced(inFlight).errorCode()).isEqualTo(Errors.REQUEST_TIMED_OUT.code());
    assertThat(client.produced(queued).errorCode()).isEqualTo(Errors.REQUEST_TIMED_OUT.code());
    inFlight.framed().giveBack();
    queued.framed().giveBack();
    log.openGate();

    var fetched = client.fetch(new FetchSpec().from("t", 0, 1000)).getFirst();
    assertThat(TestClient.values(fetched)).containsExactly("0:a", "1:b");
  }

  private TestClient.Sent sendWithTimeout(String value) {
    var data = client.produceRequest(12, "t", Batches.plain(value)).data().setTimeoutMs(30);
    return client.send(new ProduceRequest(data, (short) 12), "client");
  }

  @Test
  void shouldNotWaitNorAnswerWithAcksZero() throws Exception {
    InMemoryReplicatedLog log = node.createLed("t", Map.of());
    log.closeGate();
    for (String value : new String[] {"a", "b"}) {
      var sent = sendWithoutAcks("t", value);
      assertThat(sent.answer().get(5, TimeUnit.SECONDS)).isEqualTo(new Answer.None());
      sent.framed().giveBack();
    }
    log.openGate();
    var fetched = client.fetch(new FetchSpec().from("t", 0, 1000)).getFirst();
    assertThat(TestClient.values(fetched)).containsExactly("0:a", "1:b");
  }

  @Test
  void shouldCloseTheConnectionWhenABatchWithAcksZeroIsRefused() throws Exception {
    var sent = sendWithoutAcks("absent", "a");
    assertThat(sent.answer().get(5, TimeUnit.SECONDS)).isInstanceOf(Answer.Close.class);
  }

  private TestClient.Sent sendWithoutAcks(String topic, String value) {
    var data = client.produceRequest(12, topic, Batches.plain(value)).data().setAcks((short) 0);
    return client.send(new ProduceRequest(data, (short) 12), "client");
  }

  @Test
  void shouldNameTheLeaderFromVersionTenOn() throws Exception {
    InMemoryReplicatedLog log = node.create("t", Map.of());
    log.become(new Leadership.Following(4, Optional.of(2)));
    node.topics.node(new Node(2, "two.example", 9093));

    for (int version = 9; version <= 13; version++) {
      var sent = client.produceLater(version, "t", Batches.plain("a"));
      var response = (ProduceResponse) sent.response();
      var topic = response.data().responses().iterator().next();
      var partition = topic.partitionResponses().getFirst();
      assertThat(partition.errorCode()).isEqualTo(Errors.NOT_LEADER_OR_FOLLOWER.code());
      assertThat(partition.currentLeader().leaderId()).isEqualTo(version < 10 ? -1 : 2);
      assertThat(partition.currentLeader().leaderEpoch()).isEqualTo(version < 10 ? -1 : 4);
      assertThat(response.data().nodeEndpoints()).hasSize(version < 10 ? 0 : 1);
    }
  }

  @Test
  void shouldNameTheLeaderOfAPartitionWithoutReplicaHere() throws Exception {
    node.topics.add("far", Map.of());
    node.topics.leader(new TopicPartition("far", 0), 3, 8);
    var partition = client.produce("far", Batches.plain("a"));
    assertThat(partition.errorCode()).isEqualTo(Errors.NOT_LEADER_OR_FOLLOWER.code());
    assertThat(partition.currentLeader().leaderId()).isEqualTo(3);
    assertThat(partition.currentLeader().leaderEpoch()).isEqualTo(8);
  }

  @Test
  void shouldRefuseWhileItIsNotReadyAndWhenItLosesLeadership() throws Exception {
    InMemoryReplicatedLog log = node.create("t", Map.of());
    log.lead(3);
    assertError(client.produce("t", Batches.plain("a")).errorCode(), Errors.NOT_LEADER_OR_FOLLOWER);
    log.leadReady(4);
    log.closeGate();
    var lost = client.produceLater(12, "t", Batches.plain("a"));
    log.become(new Leadership.Following(5, Optional.empty()));
    assertError(client.produced(lost).errorCode(), Errors.NOT_LEADER_OR_FOLLOWER);
    log.become(new Leadership.Failed(5, "its disk is gone"));
    assertError(client.produce("t", Batches.plain("a")).errorCode(), Errors.KAFKA_STORAGE_ERROR);
  }

  @Test
  void shouldRefuseUnknownTopicsPartitionsAndIds() throws Exception {
    node.createLed("t", Map.of());
    var unknown = client.produce(12, "absent", Batches.plain("a"));
    assertError(unknown.errorCode(), Errors.UNKNOWN_TOPIC_OR_PARTITION);
    var data = Batches.produce((short) 1, "", Uuid.randomUuid(), Batches.plain("a"));
    var byId = client.send(new ProduceRequest(data, (short) 13), "client");
    assertError(client.produced(byId).errorCode(), Errors.UNKNOWN_TOPIC_ID);
    var outside = client.produceRequest(12, "t", Batches.plain("a")).data();
    outside.topicData().iterator().next().partitionData().getFirst().setIndex(100);
    var sent = client.send(new ProduceRequest(outside, (short) 12), "client");
    assertError(client.produced(sent).errorCode(), Errors.UNKNOWN_TOPIC_OR_PARTITION);
  }

  @Test
  void shouldRefuseUnknownAcks() throws Exception {
    node.createLed("t", Map.of());
    var data = client.produceRequest(12, "t", Batches.plain("a")).data().setAcks((short) 2);
    var sent = client.send(new ProduceRequest(data, (short) 12), "client");
    assertError(client.produced(sent).errorCode(), Errors.INVALID_REQUIRED_ACKS);
    assertThat(node.registry.counter("produce.errors.INVALID_REQUIRED_ACKS").getCount()).isOne();
  }

  @Test
  void shouldKeepClientsOffInternalTopics() throws Exception {
    node.createLed("__consumer_offsets", Map.of());
    var refused = client.produce("__consumer_offsets", Batches.plain("a"));
    assertError(refused.errorCode(), Errors.INVALID_TOPIC_EXCEPTION);
    var request = client.produceRequest(12, "__consumer_offsets", Batches.plain("a"));
    var admin = client.send(request, "__admin_client");
    assertError(client.produced(admin).errorCode(), Errors.NONE);
  }

  private static void assertError(short code, Errors expected) {
    assertThat(Errors.forCode(code)).isEqualTo(expected);
  }
}
