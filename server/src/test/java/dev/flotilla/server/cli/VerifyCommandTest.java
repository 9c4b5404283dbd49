package dev.flotilla.server.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.flotilla.server.testing.NodeUnderTest;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** {@code flotilla verify} in a process of its own; clusters are verified end to end. */
@Timeout(120)
class VerifyCommandTest {

  @TempDir Path directory;

  @Test
  void shouldCompareWhatTheNodesHold() throws Exception {
    try (NodeUnderTest node = NodeUnderTest.start(directory, Map.of())) {
      node.createTopic("lines");

      try (Invocation verify =
          Invocation.start("verify", "--bootstrap", "127.0.0.1:" + node.port())) {
        assertThat(verify.status()).as(verify::out).isZero();
        assertThat(verify.out())
            .contains(
                "0 partitions, 0 replicas compared",
                "1 partitions: a single replica, nothing to compare: lines-0");
      }
      assertThat(node.get("/digests?topic=lines&partition=0&index=0").body())
          .contains("\"topic\" : \"lines\"", "\"digest\"");
      assertThat(node.get("/digests?topic=lines&partition=zero&index=0").statusCode())
          .isEqualTo(400);
    }
  }

  @Test
  void shouldFailWhereANodeDoesNotAnswer() throws Exception {
    try (NodeUnderTest node = NodeUnderTest.start(directory, Map.of());
        Invocation verify =
            Invocation.start(
                "verify", "--metrics", "127.0.0.1:%d,127.0.0.1:1".formatted(node.metricsPort()))) {
      assertThat(verify.status()).isEqualTo(1);
      assertThat(verify.errors()).containsExactly("flotilla: no answer from 127.0.0.1:1");
    }
  }
}
