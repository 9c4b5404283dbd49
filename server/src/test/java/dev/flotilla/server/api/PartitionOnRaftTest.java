package dev.flotilla.server.api;

import static org.assertj.core.api.Assertions.assertThat;

import dev.flotilla.server.testing.Batches;
import dev.flotilla.server.testing.RaftFixture;
import dev.flotilla.server.testing.TestClient;
import dev.flotilla.server.testing.TestClient.FetchSpec;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.protocol.Errors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Produce and fetch through a real Raft group on the mmap engine, over restarts. */
@Timeout(120)
final class PartitionOnRaftTest {

  @TempDir Path directory;

  @Test
  void shouldRecogniseTheLastFiveBatchesAfterARestart() throws Exception {
    Uuid id;
    try (RaftFixture raft = new RaftFixture(directory, Runnable::run)) {
      id = raft.create("t", Map.of());
      TestClient client = new TestClient(raft.node);
      List<TestClient.Sent> sent = new ArrayList<>();
      for (int sequence = 0; sequence < 6; sequence++) {
        sent.add(client.produceLater(12, "t", Batches.idempotent(9, 0, sequence, "v" + sequence)));
      }
      for (int sequence = 0; sequence < 6; sequence++) {
        var answered = client.produced(sent.get(sequence));
        assertThat(Errors.forCode(answered.errorCode())).isEqualTo(Errors.NONE);
        assertThat(answered.baseOffset()).isEqualTo(sequence);
      }
    }
    try (RaftFixture raft = new RaftFixture(directory, Runnable::run)) {
      raft.open("t", id);
      TestClient client = new TestClient(raft.node);
      for (int sequence = 1; sequence < 6; sequence++) {
        var again = client.produce("t", Batches.idempotent(9, 0, sequence, "v" + sequence));
        assertThat(Errors.forCode(again.errorCode())).isEqualTo(Errors.NONE);
        assertThat(again.baseOffset()).isEqualTo(sequence);
      }
      var tooOld = client.produce("t", Batches.idempotent(9, 0, 0, "v0"));
      assertThat(Errors.forCode(tooOld.errorCode())).isEqualTo(Errors.OUT_OF_ORDER_SEQUENCE_NUMBER);
      assertThat(client.produce("t", Batches.idempotent(9, 0, 6, "v6")).baseOffset()).isEqualTo(6);
      var fetched = client.fetch(new FetchSpec().from("t", 0, 1 << 20)).getFirst();
      assertThat(TestClient.values(fetched))
          .containsExactly("0:v0", "1:v1", "2:v2", "3:v3", "4:v4", "5:v5", "6:v6");
    }
  }

  @Test
  void shouldNotReadTheLogAgainAfterACleanStop() throws Exception {
    Uuid id;
    try (RaftFixture raft = new RaftFixture(directory, Runnable::run)) {
      id = raft.create("t", Map.of());
      TestClient client = new TestClient(raft.node);
      for (int sequence = 0; sequence < 100; sequence++) {
        client.produce("t", Batches.idempotent(9, 0, sequence, "v" + sequence));
      }
      assertThat(raft.registry.counter("raft.applied").getCount()).isGreaterThanOrEqualTo(100);
    }
    try (RaftFixture raft = new RaftFixture(directory, Runnable::run)) {
      raft.open("t", id);
      TestClient client = new TestClient(raft.node);
      var again = client.produce("t", Batches.idempotent(9, 0, 99, "v99"));
      assertThat(again.baseOffset()).isEqualTo(99);
      // The checkpoint held the producer: only what the new term brought was applied.
      assertThat(raft.registry.counter("raft.applied").getCount()).isLessThan(5);
    }
  }

  @Test
  void shouldWakeAWaitingFetchAndTellWhereAnEpochEnds() throws Exception {
    try (RaftFixture raft = new RaftFixture(directory, Runnable::run)) {
      raft.create("t", Map.of());
      TestClient client = new TestClient(raft.node);
      var waiting = client.fetchLater(new FetchSpec().waitFor(1, 100_000).from("t", 0, 1000));
      client.produce("t", Batches.plain("a"));
      assertThat(TestClient.values(client.fetched(waiting).getFirst())).containsExactly("0:a");
      int term = raft.node.partitions.get(new TopicPartition("t", 0)).checkServes(Optional.empty());
      var diverged =
          client.fetch(new FetchSpec().from("t", 1, 1000, Optional.of(term), Optional.of(term)));
      assertThat(diverged.getFirst().errorCode()).isZero();
      assertThat(diverged.getFirst().divergingEpoch().epoch()).isEqualTo(-1);
    }
  }
}
