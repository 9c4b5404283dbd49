package dev.flotilla.server.api;

import static org.assertj.core.api.Assertions.assertThat;

import dev.flotilla.raft.Leadership;
import dev.flotilla.server.testing.Await;
import dev.flotilla.server.testing.Batches;
import dev.flotilla.server.testing.InMemoryReplicatedLog;
import dev.flotilla.server.testing.PartitionFixture;
import dev.flotilla.server.testing.TestClient;
import dev.flotilla.server.testing.TestClient.FetchSpec;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.common.IsolationLevel;
import org.apache.kafka.common.Node;
import org.apache.kafka.common.message.FetchResponseData.PartitionData;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.requests.FetchMetadata;
import org.apache.kafka.common.requests.FetchResponse;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What a fetch that need not wait is answered. */
@Timeout(60)
final class FetchHandlerTest {

  private static final int BATCH = Batches.plain("v").sizeInBytes();

  private final PartitionFixture node = new PartitionFixture();
  private final TestClient client = new TestClient(node);

  @AfterEach
  void nothingStaysLent() {
    assertThat(node.lentSlices()).isZero();
    node.close();
  }

  private void fill(String topic, int batches) throws Exception {
    for (int i = 0; i < batches; i++) {
      assertThat(client.produce(topic, Batches.plain("v")).errorCode()).isZero();
    }
  }

  private static int bytes(PartitionData partition) {
    return FetchResponse.recordsSize(partition);
  }

  @Test
  void shouldFillThePartitionsLimitWithWholeBatches() throws Exception {
    node.createLed("t", Map.of());
    fill("t", 5);
    var fetched = client.fetch(new FetchSpec().from("t", 1, 3 * BATCH + 10)).getFirst();
    assertThat(TestClient.values(fetched)).containsExactly("1:v", "2:v", "3:v");
    assertThat(bytes(fetched)).isEqualTo(3 * BATCH);
  }

  @Test
  void shouldReturnOneBatchAboveAnyLimitWhileAllBeforeAreEmpty() throws Exception {
    for (String topic : List.of("empty", "large", "other")) {
      node.createLed(topic, Map.of());
    }
    fill("large", 2);
    fill("other", 2);
    var spec = new FetchSpec().maxBytes(10).from("empty", 0, 10).from("large", 0, 10);
    List<PartitionData> fetched = client.fetch(spec.from("other", 0, 10));
    assertThat(fetched).extracting(FetchHandlerTest::bytes).containsExactly(0, BATCH, 0);
    assertThat(fetched.get(2).highWatermark()).isEqualTo(2);
  }

  @Test
  void shouldReturnNothingThatDoesNotFitBehindRecords() throws Exception {
    node.createLed("a", Map.of());
    node.createLed("b", Map.of());
    fill("a", 1);
    fill("b", 2);
    var spec = new FetchSpec().maxBytes(2 * BATCH - 1).from("a", 0, 1000).from("b", 0, 1000);
    assertThat(client.fetch(spec)).extracting(FetchHandlerTest::bytes).containsExactly(BATCH, 0);
    var roomy = new FetchSpec().maxBytes(2 * BATCH).from("a", 0, 1000).from("b", 0, 1000);
    assertThat(client.fetch(roomy))
        .extracting(FetchHandlerTest::bytes)
        .containsExactly(BATCH, BATCH);
  }

  @Test
  void shouldCapAResponseByTheNodesLimit() throws Exception {
    node.createLed("t", Map.of());
    fill("t", 4);
    var capped = new FetchHandler(node.requests, node.waiters, 2 * BATCH);
    var spec = new FetchSpec().maxBytes(Integer.MAX_VALUE).from("t", 0, Integer.MAX_VALUE);
    var response = (FetchResponse) node.answer(capped, client.builder(spec).build((short) 18));
    var partition = response.data().responses().getFirst().partitions().getFirst();
    assertThat(bytes(partition)).isEqualTo(2 * BATCH);
  }

  @Test
  void shouldJudgeOutOfRangeByTheLogEndAndNotByTheHighWatermark() throws Exception {
    InMemoryReplicatedLog log = node.createLed("t", Map.of());
    fill("t", 1);
    log.closeGate();
    var pending = client.produceLater(12, "t", Batches.plain("x", "y"));
    // The entry is durable here once the log has built it.
    Await.until(() -> log.logEndOffset() == 3);
    for (long offset = 1; offset <= 3; offset++) {
      var fetched = client.fetch(new FetchSpec().from("t", offset, 1000)).getFirst();
      assertThat(fetched.errorCode()).as("offset %d", offset).isZero();
      assertThat(bytes(fetched)).isZero();
      assertThat(fetched.highWatermark()).isOne();
    }
    assertError(client.fetch(new FetchSpec().from("t", 4, 1000)), Errors.OFFSET_OUT_OF_RANGE);
    log.openGate();
    assertThat(client.produced(pending).errorCode()).isZero();
    log.moveLogStart(1).get(5, TimeUnit.SECONDS);
    assertError(client.fetch(new FetchSpec().from("t", 0, 1000)), Errors.OFFSET_OUT_OF_RANGE);
  }

  private static void assertError(List<PartitionData> fetched, Errors expected) {
    assertThat(Errors.forCode(fetched.getFirst().errorCode())).isEqualTo(expected);
    assertThat(FetchResponse.recordsOrFail(fetched.getFirst()).sizeInBytes()).isZero();
  }

  @Test
  void shouldCompareLeaderEpochs() throws Exception {
    InMemoryReplicatedLog log = node.createLed("t", Map.of());
    log.leadReady(5);
    Optional<Integer> none = Optional.empty();
    var old = new FetchSpec().from("t", 0, 1000, Optional.of(4), none);
    assertError(client.fetch(old), Errors.FENCED_LEADER_EPOCH);
    var future = new FetchSpec().from("t", 0, 1000, Optional.of(6), none);
    assertError(client.fetch(future), Errors.UNKNOWN_LEADER_EPOCH);
    var same = new FetchSpec().from("t", 0, 1000, Optional.of(5), none);
    assertError(client.fetch(same), Errors.NONE);
    log.become(new Leadership.Following(6, Optional.empty()));
    var follower = new FetchSpec().from("t", 0, 1000, Optional.of(6), none);
    assertError(client.fetch(follower), Errors.NOT_LEADER_OR_FOLLOWER);
    log.lead(7);
    assertError(client.fetch(new FetchSpec().from("t", 0, 1000)), Errors.NOT_LEADER_OR_FOLLOWER);
  }

  @Test
  void shouldTellAConsumerWhereItsRecordsDiverge() throws Exception {
    InMemoryReplicatedLog log = node.createLed("t", Map.of());
    fill("t", 3);
    log.leadReady(4);
    fill("t", 2);
    Optional<Integer> none = Optional.empty();

    var diverged = client.fetch(new FetchSpec().from("t", 4, 1000, none, Optional.of(1)));
    assertError(diverged, Errors.NONE);
    assertThat(diverged.getFirst().divergingEpoch().epoch()).isOne();
    assertThat(diverged.getFirst().divergingEpoch().endOffset()).isEqualTo(3);
    var between = client.fetch(new FetchSpec().from("t", 3, 1000, none, Optional.of(3)));
    assertThat(between.getFirst().divergingEpoch().epoch()).isOne();
    var same = client.fetch(new FetchSpec().from("t", 3, 1000, none, Optional.of(1)));
    assertThat(TestClient.values(same.getFirst())).containsExactly("3:v", "4:v");
    assertThat(same.getFirst().divergingEpoch().epoch()).isEqualTo(-1);
    var unknown = client.fetch(new FetchSpec().from("t", 3, 1000, none, Optional.of(9)));
    assertError(unknown, Errors.OFFSET_OUT_OF_RANGE);
  }

  @Test
  void shouldNameTheLeaderFromVersionSixteenOn() throws Exception {
    InMemoryReplicatedLog log = node.create("t", Map.of());
    log.become(new Leadership.Following(4, Optional.of(2)));
    node.topics.node(new Node(2, "two.example", 9093));
    for (int version = 15; version <= 18; version++) {
      var sent = client.fetchLater(new FetchSpec().version(version).from("t", 0, 1000));
      var response = (FetchResponse) sent.response();
      var partition = response.data().responses().getFirst().partitions().getFirst();
      assertError(List.of(partition), Errors.NOT_LEADER_OR_FOLLOWER);
      assertThat(partition.currentLeader().leaderId()).isEqualTo(version < 16 ? -1 : 2);
      assertThat(response.data().nodeEndpoints()).hasSize(version < 16 ? 0 : 1);
    }
  }

  @Test
  void shouldRefuseToGoOnWithASession() throws Exception {
    node.createLed("t", Map.of());
    var builder = client.builder(new FetchSpec().from("t", 0, 1000));
    for (short version : new short[] {7, 12, 18}) {
      var goesOn = builder.metadata(new FetchMetadata(77, 3)).build(version);
      var refused = (FetchResponse) node.answer(node.fetch, goesOn);
      assertThat(refused.error()).isEqualTo(Errors.FETCH_SESSION_ID_NOT_FOUND);
      assertThat(refused.sessionId()).isZero();
      var begins = builder.metadata(FetchMetadata.INITIAL).build(version);
      var begun = (FetchResponse) node.answer(node.fetch, begins);
      assertThat(begun.error()).isEqualTo(Errors.NONE);
      assertThat(begun.sessionId()).isZero();
      assertThat(begun.data().responses()).hasSize(1);
    }
  }

  @Test
  void shouldListNoAbortedTransactionsForCommittedReaders() throws Exception {
    node.createLed("t", Map.of());
    fill("t", 1);
    var builder = client.builder(new FetchSpec().from("t", 0, 1000));
    var committed = builder.isolationLevel(IsolationLevel.READ_COMMITTED).build((short) 12);
    var response = (FetchResponse) node.answer(node.fetch, committed);
    var partition = response.data().responses().getFirst().partitions().getFirst();
    assertThat(partition.abortedTransactions()).isEmpty();
    assertThat(partition.lastStableOffset()).isOne();
    assertThat(partition.preferredReadReplica()).isEqualTo(-1);
    var all = client.fetch(new FetchSpec().version(12).from("t", 0, 1000)).getFirst();
    assertThat(all.abortedTransactions()).isNull();
  }

  @Test
  void shouldRefuseUnknownTopicsAndIds() throws Exception {
    var byName = client.fetch(new FetchSpec().version(12).from("absent", 0, 1000));
    assertError(byName, Errors.UNKNOWN_TOPIC_OR_PARTITION);
    var byId = client.fetch(new FetchSpec().version(13).from("absent", 0, 1000));
    assertError(byId, Errors.UNKNOWN_TOPIC_ID);
  }
}
