package dev.flotilla.server.group;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.apache.kafka.common.protocol.Errors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

final class GroupReelectionTest {

  private static final int REELECTIONS =
      System.getProperty("flotilla.tests", "everyday").equals("long") ? 200 : 20;
  private static final int COMMITS_A_TERM = 5;

  private final GroupsFixture fixture = new GroupsFixture();
  private final GroupClient client = new GroupClient(fixture);
  private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();

  @BeforeEach
  void createTopic() {
    fixture.createTopic("orders", 1);
  }

  @AfterEach
  void close() {
    threads.shutdownNow();
    fixture.close();
  }

  @Test
  void shouldKnowACommittedOffsetAfterAReelection() {
    fixture.elect(1);
    client.commit("g", "orders", 42);

    fixture.resign(2);
    fixture.elect(3);

    assertThat(client.fetch("g", "orders")).isEqualTo(42);
  }

  @Test
  void shouldSayThatItIsNotTheCoordinatorWhileItDoesNotLead() {
    fixture.elect(1);
    client.commit("g", "orders", 42);

    fixture.resign(2);

    assertThat(client.tryCommit("g", "orders", 43)).isEqualTo(Errors.NOT_COORDINATOR);
  }

  @Test
  void shouldFailACommitInFlightWhenLeadershipIsLost() {
    fixture.elect(1);
    client.commit("g", "orders", 42);
    fixture.logOf("g").closeGate();
    CompletableFuture<Errors> commit =
        CompletableFuture.supplyAsync(() -> client.tryCommit("g", "orders", 43), threads);
    GroupsFixture.eventually(() -> fixture.logOf("g").logEndOffset(), end -> end == 2);

    fixture.resign(2);
    fixture.logOf("g").openGate();
    fixture.elect(3);

    assertThat(commit.orTimeout(10, TimeUnit.SECONDS).join()).isEqualTo(Errors.NOT_COORDINATOR);
    assertThat(client.fetch("g", "orders")).isEqualTo(42);
  }

  /**
   * Two elections in the same instant: the second finds the first one's load not begun, or running.
   */
  @Test
  void shouldServeAfterElectionsThatOvertakeEachOther() {
    fixture.elect(1);
    client.commit("g", "orders", 42);

    for (int term = 2; term < 200; term += 2) {
      fixture.resign(term);
      fixture.elect(term + 1);
    }

    assertThat(client.fetch("g", "orders")).isEqualTo(42);
    client.commit("g", "orders", 43);
    assertThat(client.fetch("g", "orders")).isEqualTo(43);
  }

  @Test
  void shouldNeverShowAnOffsetBelowAnAcknowledgedOneWhileLeadersChange() {
    List<Committer> committers =
        Stream.of("a", "b", "c", "d").map(group -> new Committer(client, group)).toList();
    fixture.elect(1);
    List<CompletableFuture<Void>> runs =
        committers.stream().map(one -> CompletableFuture.runAsync(one, threads)).toList();

    int term = 2;
    for (int i = 0; i < REELECTIONS; i++) {
      for (Committer committer : committers) {
        long before = committer.acknowledged;
        GroupsFixture.eventually(
            () -> committer.acknowledged, now -> now >= before + COMMITS_A_TERM);
      }
      fixture.resign(term++);
      fixture.elect(term++);
    }
    committers.forEach(committer -> committer.running = false);

    runs.forEach(run -> run.orTimeout(30, TimeUnit.SECONDS).join());
    for (Committer committer : committers) {
      assertThat(client.fetch(committer.group, "orders")).isEqualTo(committer.acknowledged);
    }
  }

  /** Commits rising offsets of a group; what it fetches after each is what was acknowledged. */
  private static final class Committer implements Runnable {

    private final GroupClient client;
    private final String group;

    /** Written by the test's thread, read by the committer's. */
    private volatile boolean running = true;

    /** Written by the committer's thread, read by the test's. */
    private volatile long acknowledged;

    Committer(GroupClient client, String group) {
      this.client = client;
      this.group = group;
    }

    @Override
    public void run() {
      long offset = 0;
      while (running) {
        offset++;
        client.commit(group, "orders", offset);
        acknowledged = offset;
        assertThat(client.fetch(group, "orders")).as("group %s", group).isEqualTo(offset);
      }
    }
  }
}
