package dev.flotilla.server.api;

import static org.assertj.core.api.Assertions.assertThat;

import dev.flotilla.raft.Leadership;
import dev.flotilla.server.metadata.Replica;
import dev.flotilla.server.testing.Await;
import dev.flotilla.server.testing.Batches;
import dev.flotilla.server.testing.InMemoryReplicatedLog;
import dev.flotilla.server.testing.PartitionFixture;
import dev.flotilla.server.testing.TestClient;
import dev.flotilla.server.testing.TestClient.FetchSpec;
import dev.flotilla.server.testing.Wire;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.RunnableScheduledFuture;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.common.TopicIdPartition;
import org.apache.kafka.common.protocol.Errors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What ends the wait of a fetch. */
@Timeout(60)
final class FetchWaitTest {

  private static final int FOR_EVER_MS = 1_000_000;
  private static final int BATCH = Batches.plain("v").sizeInBytes();

  private final PartitionFixture node = new PartitionFixture();
  private final TestClient client = new TestClient(node);

  @AfterEach
  void nothingWaitsAndNothingStaysLent() {
    // The thread that answers a fetch takes it out of the purgatory afterwards.
    Await.until(() -> node.waiters.waiting() == 0);
    Await.until(() -> node.lentSlices() == 0);
    node.close();
  }

  @Test
  void shouldWakeWhenRecordsAreCommittedAndNotBefore() throws Exception {
    InMemoryReplicatedLog log = node.createLed("t", Map.of());
    node.createLed("quiet", Map.of());
    log.closeGate();
    var spec = new FetchSpec().waitFor(1, FOR_EVER_MS).from("quiet", 0, 1000);
    var waiting = client.fetchLater(spec.from("t", 0, 1000));
    var produced = client.produceLater(12, "t", Batches.plain("a"));
    assertThat(node.waiters.waiting()).isOne();
    assertThat(node.registry.getGauges())
        .hasEntrySatisfying("fetch.waiters", gauge -> assertThat(gauge.getValue()).isEqualTo(1));
    assertThat(waiting.answer()).isNotDone();

    log.openGate();
    var fetched = client.fetched(waiting);
    assertThat(TestClient.values(fetched.get(1))).containsExactly("0:a");
    assertThat(TestClient.values(fetched.get(0))).isEmpty();
    assertThat(client.produced(produced).errorCode()).isZero();
  }

  @Test
  void shouldWaitForItsMinimumOfBytes() throws Exception {
    node.createLed("t", Map.of());
    client.produce("t", Batches.plain("v"));
    var spec = new FetchSpec().waitFor(3 * BATCH, FOR_EVER_MS).from("t", 0, 1000);
    var waiting = client.fetchLater(spec);
    client.produce("t", Batches.plain("v"));
    assertThat(waiting.answer()).isNotDone();
    client.produce("t", Batches.plain("v"));
    assertThat(TestClient.values(client.fetched(waiting).getFirst())).hasSize(3);
  }

  @Test
  void shouldAnswerWithWhatThereIsWhenTimeIsOver() throws Exception {
    node.createLed("t", Map.of());
    client.produce("t", Batches.plain("v"));
    var fetched = client.fetch(new FetchSpec().waitFor(1000, 20).from("t", 0, 1000)).getFirst();
    assertThat(TestClient.values(fetched)).containsExactly("0:v");
    var empty = client.fetch(new FetchSpec().waitFor(1, 20).from("t", 1, 1000)).getFirst();
    assertThat(empty.errorCode()).isZero();
    assertThat(TestClient.values(empty)).isEmpty();
  }

  @Test
  void shouldWakeWhenLeadershipIsLost() throws Exception {
    InMemoryReplicatedLog log = node.createLed("t", Map.of());
    var waiting = client.fetchLater(new FetchSpec().waitFor(1, FOR_EVER_MS).from("t", 0, 1000));
    log.become(new Leadership.Following(2, Optional.of(2)));
    assertThat(Errors.forCode(client.fetched(waiting).getFirst().errorCode()))
        .isEqualTo(Errors.NOT_LEADER_OR_FOLLOWER);
  }

  @Test
  void shouldWakeWhenThePartitionIsDeleted() throws Exception {
    node.createLed("t", Map.of());
    var waiting =
        client.fetchLater(new FetchSpec().version(12).waitFor(1, FOR_EVER_MS).from("t", 0, 1000));
    var id = node.topics.id("t").orElseThrow();
    node.topics.remove("t");
    node.partitions.delete(Replica.of(new TopicIdPartition(id, 0, "t")));
    assertThat(Errors.forCode(client.fetched(waiting).getFirst().errorCode()))
        .isEqualTo(Errors.UNKNOWN_TOPIC_OR_PARTITION);
  }

  @Test
  void shouldNotWaitWithAnErrorInHand() throws Exception {
    node.createLed("t", Map.of());
    var spec = new FetchSpec().waitFor(1, FOR_EVER_MS).from("t", 0, 1000).from("absent", 0, 1000);
    assertThat(client.fetch(spec)).hasSize(2);
  }

  @Test
  void shouldNotWaitAsLongAsAClientLikes() throws Exception {
    node.createLed("t", Map.of());
    var spec = new FetchSpec().waitFor(1, Integer.MAX_VALUE).from("t", 0, 1000);
    var request = Wire.request(client.builder(spec).build((short) 18), "client");
    try (var timer = new ScheduledThreadPoolExecutor(1)) {
      var patient = new FetchHandler(node.requests, new FetchWaiters(timer, 1), 1000);

      var answer = patient.handle(request);

      assertThat(answer).isNotDone();
      var end = (RunnableScheduledFuture<?>) timer.getQueue().element();
      assertThat(end.getDelay(TimeUnit.MILLISECONDS))
          .isLessThanOrEqualTo(FetchHandler.LONGEST_WAIT_MS);
      end.run();
      var response = Wire.response(request, answer.get(60, TimeUnit.SECONDS));
      assertThat(response.errorCounts()).containsOnlyKeys(Errors.NONE);
      timer.shutdownNow();
    }
  }

  @Test
  void shouldAnswerAtOnceWhenTooManyWait() throws Exception {
    InMemoryReplicatedLog log = node.createLed("t", Map.of());
    var full = new FetchHandler(node.requests, new FetchWaiters(node.requests.timer(), 0), 1000);
    var request =
        client
            .builder(new FetchSpec().waitFor(1, FOR_EVER_MS).from("t", 0, 1000))
            .build((short) 18);
    assertThat(node.answer(full, request).errorCounts()).containsOnlyKeys(Errors.NONE);
    assertThat(log.highWatermark()).isZero();
  }
}
