package dev.flotilla.raft;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A command log of three nodes. */
final class CommandLogTest {

  @TempDir Path directory;

  @Test
  void shouldApplyOnAllNodesWithoutWaitingForAHeartbeat() throws Exception {
    // given a cluster whose heartbeats are half an hour apart
    try (TestCluster cluster = TestCluster.onNetwork(directory, Duration.ofHours(1))) {
      UUID group = UUID.randomUUID();
      List<CommandLog> logs = new ArrayList<>();
      List<ConcatenatingMachine> machines = new ArrayList<>();
      for (int i = 0; i < TestCluster.NODES; i++) {
        ConcatenatingMachine machine = new ConcatenatingMachine();
        machines.add(machine);
        logs.add(
            cluster.node(i).createCommandLog(group, "meta", cluster.voters(), machine, led -> {}));
      }
      CommandLog leader = logs.getFirst();
      TestNodes.await(
          "node 0 leads",
          () -> {
            cluster.node(0).campaign(group);
            return leader.leadership() instanceof Leadership.Ready;
          });

      StringBuilder text = new StringBuilder();
      for (char command = 'a'; command < 'k'; command++) {
        // when a command is decided, and no other follows it
        text.append(command);
        String expected = text.toString();
        var answer = leader.submit(ConcatenatingMachine.CHARSET.encode(String.valueOf(command)));
        assertThat(answer.get(60, TimeUnit.SECONDS).hasRemaining()).isTrue();

        // then each node has it
        for (ConcatenatingMachine machine : machines) {
          TestNodes.await("all of " + expected, () -> machine.text().equals(expected));
        }
      }
    }
  }
}
