package dev.flotilla.server.network;

import static org.assertj.core.api.Assertions.assertThat;

import dev.flotilla.server.metrics.JvmMetrics;
import dev.flotilla.server.testing.MetricsTable;
import java.io.IOException;
import java.util.List;
import org.apache.kafka.common.errors.CorruptRecordException;
import org.apache.kafka.common.protocol.ApiKeys;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
final class DocumentedMetricsTest {

  @Test
  void shouldRegisterWhatIsDocumentedAndDocumentWhatIsRegistered() throws IOException {
    // given
    var produce = new HeldHandler(ApiKeys.PRODUCE, true);
    var documented = MetricsTable.read("Network|JVM");
    try (var server = new ServerUnderTest(ServerUnderTest.config().it(), List.of(produce));
        var client = server.connect()) {
      server.registry.registerAll(new JvmMetrics());

      // when
      int sent = client.send(Requests.produce(-1));
      produce.awaitHeld(0).future().completeExceptionally(new CorruptRecordException("bad"));
      client.receive(ApiKeys.PRODUCE, sent);

      // then
      ServerUnderTest.await(
          "all registered", () -> documented.unregistered(server.registry).isEmpty());
      assertThat(documented.undocumented(server.registry)).isEmpty();
    }
  }

  @Test
  void shouldCountRequestsBytesAndConnections() throws IOException {
    // given
    try (var server = new ServerUnderTest(ServerUnderTest.config().it(), List.of());
        var client = server.connect()) {
      // when
      for (int i = 0; i < 3; i++) {
        client.receive(ApiKeys.API_VERSIONS, client.send(Requests.apiVersions()));
      }

      // then
      var timer = server.registry.timer("request.time{api=ApiVersions}");
      ServerUnderTest.await("three requests", () -> timer.getCount() == 3);
      assertThat(server.registry.counter("network.received.bytes").getCount())
          .isGreaterThan(3 * 20);
      assertThat(server.registry.counter("network.sent.bytes").getCount()).isGreaterThan(3 * 20);
      assertThat(server.gauge("connections.open")).isOne();
    }
  }
}
