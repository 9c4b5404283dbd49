package dev.flotilla.server;

import static org.assertj.core.api.Assertions.assertThat;

import dev.flotilla.server.testing.Await;
import dev.flotilla.server.testing.Batches;
import dev.flotilla.server.testing.GatedMmap;
import dev.flotilla.server.testing.MetricsTable;
import dev.flotilla.server.testing.NodeUnderTest;
import dev.flotilla.storage.testkit.FlushGate;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Path;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.Errors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** What a whole node says of itself over HTTP. */
@Timeout(120)
final class NodeMetricsTest {

  private static final String TYPE = "# TYPE ";
  private static final String RAFT_AND_STORAGE = "Raft and storage";

  @TempDir Path directory;

  @Test
  void shouldExportWhatIsDocumentedAndDocumentWhatIsExported() throws IOException {
    // given
    Map<String, Pattern> documented = new LinkedHashMap<>(MetricsTable.read().exported(""));
    documented.putAll(MetricsTable.read(RAFT_AND_STORAGE).exported("metadata."));
    try (NodeUnderTest node = NodeUnderTest.start(directory, Map.of())) {
      var known = new PlausibleRequests("known", node.createTopic("known"));
      var unknown = new PlausibleRequests("unknown", Uuid.randomUuid());

      // when
      for (ApiKeys api : List.of(ApiKeys.PRODUCE, ApiKeys.FETCH)) {
        assertThat(errors(node, known, api)).containsOnlyKeys(Errors.NONE);
        assertThat(errors(node, unknown, api)).containsKey(Errors.UNKNOWN_TOPIC_ID);
      }
      errors(node, known, ApiKeys.FIND_COORDINATOR);
      Await.until(() -> errors(node, known, ApiKeys.OFFSET_COMMIT).containsKey(Errors.NONE));
      errors(node, known, ApiKeys.CONSUMER_GROUP_HEARTBEAT);
      List<String> exported =
          node.get("/metrics")
              .body()
              .lines()
              .filter(line -> line.startsWith(TYPE))
              .map(line -> line.substring(TYPE.length()))
              .toList();

      // then
      assertThat(exported)
          .allSatisfy(family ->
              assertThat(documented.values())
                  .anyMatch(pattern -> pattern.matcher(family).matches()));
      assertThat(documented)
          .allSatisfy((name, pattern) ->
              assertThat(exported).anyMatch(family -> pattern.matcher(family).matches()));
    }
  }

  @Test
  void shouldTellRaftEntriesOfAThousandRecords() throws IOException {
    // given
    String[] values = IntStream.range(0, 250).mapToObj(Integer::toString).toArray(String[]::new);
    try (NodeUnderTest node = NodeUnderTest.start(directory, Map.of())) {
      Uuid id = node.createTopic("known");
      double entries = node.metric("flotilla_raft_entries_total");
      double records = node.metric("flotilla_produce_records_total");

      // when: one after another, so that none shares an entry
      for (int i = 0; i < 4; i++) {
        var answer = node.call(Batches.produce((short) -1, "known", id, Batches.plain(values)));
        assertThat(answer.errorCounts()).containsOnlyKeys(Errors.NONE);
      }

      // then
      assertThat(node.metric("flotilla_produce_records_total") - records).isEqualTo(1_000);
      assertThat(node.metric("flotilla_raft_entries_total") - entries).isEqualTo(4);
      assertThat(node.metric("flotilla_raft_applied_total")).isGreaterThanOrEqualTo(4);
    }
  }

  @Test
  void shouldBeLiveFromTheStartAndReadyOnceItServes() throws Exception {
    // given
    int port = freePort();
    FlushGate gate = GatedMmap.gateOfMetadata(directory);
    gate.closeGate();

    // when
    CompletableFuture<NodeUnderTest> starting =
        CompletableFuture.supplyAsync(() ->
            NodeUnderTest.start(
                directory,
                Map.of("storage.engine", GatedMmap.NAME, "metrics.listener", "127.0.0.1:" + port)));
    try {
      gate.awaitWaitingWrites(1, Duration.ofSeconds(30));

      // then
      assertThat(NodeUnderTest.get(port, "/health/live").statusCode()).isEqualTo(200);
      assertThat(NodeUnderTest.get(port, "/health/ready").statusCode()).isEqualTo(503);
      assertThat(NodeUnderTest.get(port, "/health/ready").body()).isEqualTo("starting\n");
      assertThat(starting).isNotDone();
    } finally {
      gate.openGate();
    }
    try (NodeUnderTest node = starting.get(60, TimeUnit.SECONDS)) {
      assertThat(node.get("/health/live").statusCode()).isEqualTo(200);
      assertThat(node.get("/health/ready").statusCode()).isEqualTo(200);
    }
  }

  private static Map<Errors, Integer> errors(
      NodeUnderTest node, PlausibleRequests requests, ApiKeys api) {
    try {
      return node.call(requests.of(api, api.latestVersion(false))).errorCounts();
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  private static int freePort() throws IOException {
    try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      return socket.getLocalPort();
    }
  }
}
