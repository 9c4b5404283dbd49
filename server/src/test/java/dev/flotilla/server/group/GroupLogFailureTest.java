package dev.flotilla.server.group;

import static org.assertj.core.api.Assertions.assertThat;

import dev.flotilla.raft.ReplicatedLogException;
import java.util.ArrayList;
import java.util.List;
import org.apache.kafka.common.compress.Compression;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.record.internal.MemoryRecords;
import org.apache.kafka.common.record.internal.SimpleRecord;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

final class GroupLogFailureTest {

  private final List<FaultyLog> logs = new ArrayList<>();
  private final GroupsFixture fixture =
      new GroupsFixture(log -> {
        var faulty = new FaultyLog(log);
        logs.add(faulty);
        return faulty;
      });
  private final GroupClient client = new GroupClient(fixture);

  @BeforeEach
  void createTopic() {
    fixture.createTopic("orders", 1);
  }

  @AfterEach
  void close() {
    fixture.close();
  }

  private FaultyLog logOf(String group) {
    return logs.get(fixture.groups().coordinator().partitionFor(group));
  }

  @Test
  void shouldForgetACommitWhoseBatchWasLostAndGoOnInTheSameTerm() {
    fixture.elect(1);
    client.commit("g", "orders", 1);

    logOf("g").loseNext(new ReplicatedLogException.Unavailable("lost in flight"));
    Errors error = client.tryCommit("g", "orders", 2);

    assertThat(error).isEqualTo(Errors.NOT_COORDINATOR);
    assertThat(client.fetch("g", "orders")).isEqualTo(1);
    client.commit("g", "orders", 3);
    assertThat(client.fetch("g", "orders")).isEqualTo(3);
  }

  @Test
  void shouldForgetACommitThatTheLogRefusedAndGoOn() {
    fixture.elect(1);
    client.commit("g", "orders", 1);

    logOf("g").refuseNext(new ReplicatedLogException.Overloaded("the queue is full"));
    Errors error = client.tryCommit("g", "orders", 2);

    assertThat(error).isEqualTo(Errors.COORDINATOR_NOT_AVAILABLE);
    assertThat(client.fetch("g", "orders")).isEqualTo(1);
    assertThat(client.tryCommit("g", "orders", 3)).isEqualTo(Errors.NONE);
    assertThat(client.fetch("g", "orders")).isEqualTo(3);
  }

  @Test
  void shouldLoadAnewWhenSomebodyElseWroteToItsLog() {
    fixture.elect(1);
    client.commit("g", "orders", 1);
    var foreign =
        MemoryRecords.withRecords(
            Compression.NONE, new SimpleRecord(1L, new byte[] {0, 99}, new byte[] {0, 0}));

    fixture.logOf("g").append(CoordinatorBatch.copyOf(foreign)).future().join();
    Errors error = client.tryCommit("g", "orders", 2);

    assertThat(error).isEqualTo(Errors.NOT_COORDINATOR);
    client.commit("g", "orders", 3);
    assertThat(client.fetch("g", "orders")).isEqualTo(3);
    fixture.resign(2);
    fixture.elect(3);
    assertThat(client.fetch("g", "orders")).isEqualTo(3);
  }

  @Test
  void shouldTryAgainToLoadWhenTheLogCouldNotBeRead() {
    shouldLoadInSpiteOf(() -> {
      throw new ReplicatedLogException.Unavailable("the disk does not answer");
    });
  }

  @Test
  void shouldTryAgainToLoadWhenTheHeapWasExhausted() {
    shouldLoadInSpiteOf(() -> {
      throw new OutOfMemoryError("of this test");
    });
  }

  private void shouldLoadInSpiteOf(Runnable failure) {
    fixture.elect(1);
    client.commit("g", "orders", 1);
    fixture.resign(2);

    logs.forEach(log -> log.failNextRead(failure));
    fixture.elect(3);

    assertThat(client.fetch("g", "orders")).isEqualTo(1);
  }
}
