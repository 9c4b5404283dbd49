package dev.flotilla.server.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.flotilla.server.status.Status;
import dev.flotilla.server.testing.NodeUnderTest;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** {@code flotilla status} in a process of its own, of nodes in this one. */
@Timeout(120)
class StatusCommandTest {

  @TempDir Path directory;

  @Test
  void shouldFindTheStatusOfAClusterByItsClientsAddress() throws Exception {
    try (NodeUnderTest node = NodeUnderTest.start(directory, Map.of())) {
      node.createTopic("lines");

      try (Invocation status =
          Invocation.start("status", "--bootstrap", "127.0.0.1:" + node.port())) {
        assertThat(status.status()).as(status::out).isZero();
        assertThat(status.out())
            .contains(
                "metadata led by node 1",
                "node 1  127.0.0.1:" + node.port() + "  alive",
                "partitions 1: 0 without a leader, 0 under-replicated, 0 replicas impaired",
                "all is well");
      }
    }
  }

  @Test
  void shouldSayWhyAReplicaIsQuarantined() throws Exception {
    // given
    try (NodeUnderTest node = NodeUnderTest.start(directory, Map.of())) {
      node.createTopic("lines");
    }
    for (Path file : descriptors()) {
      zero(file);
    }

    // when
    try (NodeUnderTest node = NodeUnderTest.start(directory, Map.of())) {
      Status answer = Status.parse(node.get("/status").body()).orElseThrow();
      assertThat(answer.impaired())
          .singleElement()
          .satisfies(replica -> {
            assertThat(replica.topic()).isEqualTo("lines");
            assertThat(replica.state()).isEqualTo(Status.QUARANTINED);
            assertThat(replica.reason()).isNotEmpty();
          });
      assertThat(answer.leaderless())
          .extracting(Status.PartitionState::topic)
          .containsExactly("lines");
    }
  }

  @Test
  void shouldFailWhereNobodyAnswers() throws Exception {
    try (Invocation status = Invocation.start("status", "--metrics", "127.0.0.1:1")) {
      assertThat(status.status()).isEqualTo(1);
      assertThat(status.errors()).containsExactly("flotilla: no answer from 127.0.0.1:1");
    }
    try (Invocation status = Invocation.start("status", "--bootstrap", "nothing")) {
      assertThat(status.status()).isEqualTo(2);
      assertThat(status.errors()).last().isEqualTo("flotilla: --bootstrap nothing names no server");
    }
  }

  private List<Path> descriptors() throws IOException {
    try (Stream<Path> files = Files.walk(directory.resolve("data"))) {
      List<Path> found = files.filter(file -> file.toString().endsWith("descriptor")).toList();
      assertThat(found).isNotEmpty();
      return found;
    }
  }

  private static void zero(Path file) throws IOException {
    try (FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE)) {
      channel.write(ByteBuffer.allocate((int) channel.size()), 0);
    }
  }
}
