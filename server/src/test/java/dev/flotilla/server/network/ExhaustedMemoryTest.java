package dev.flotilla.server.network;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.apache.kafka.common.protocol.ApiKeys;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(120)
final class ExhaustedMemoryTest {

  private static final int HUNDRED_MB = 100 << 20;

  private final HeldHandler produce = new HeldHandler(ApiKeys.PRODUCE, true);
  private final List<RawClient> clients = new ArrayList<>();

  @AfterEach
  void disconnect() throws IOException {
    for (var client : clients) {
      client.close();
    }
  }

  @Test
  void shouldServeOthersWhileFiveHundredConnectionsAnnounceHundredMegabytesEach()
      throws IOException {
    produce.answerAll(Requests.produced());
    var config = ServerUnderTest.config().threads(2).memory(HUNDRED_MB, 64 << 20).it();
    try (var server = new ServerUnderTest(config, List.of(produce))) {
      // given
      var before = connect(server);
      for (int i = 0; i < 500; i++) {
        connect(server).announce(HUNDRED_MB);
      }
      ServerUnderTest.await("all accepted", () -> server.gauge("connections.open") == 501);

      // when, then
      for (var other : List.of(before, connect(server))) {
        for (int i = 0; i < 20; i++) {
          other.receive(ApiKeys.PRODUCE, other.send(Requests.produce(-1, 100_000)));
        }
      }
      assertThat(server.server.requestMemoryBytes()).isLessThanOrEqualTo(HUNDRED_MB + (64 << 20));
    }
  }

  @Test
  void shouldCloseAConnectionThatHoldsMemoryOthersWaitForAndSendsNothing() throws IOException {
    var stalledAfter = Duration.ofMillis(200);
    var config =
        ServerUnderTest.config().memory(8 << 20, 1 << 20).limits(99, 99, 4, stalledAfter).it();
    try (var server = new ServerUnderTest(config, List.of(produce))) {
      // given
      var stalled = connect(server);
      stalled.announce(1 << 20);
      ServerUnderTest.await("memory taken", () -> server.server.requestMemoryBytes() == 1 << 20);
      var other = connect(server);
      produce.answerAll(Requests.produced());

      // when
      int sent = other.send(Requests.produce(-1));

      // then
      assertThat(stalled.isClosedByServer()).isTrue();
      other.receive(ApiKeys.PRODUCE, sent);
    }
  }

  @Test
  void shouldReadOnWhenMemoryComesBackOnAnotherLoop() throws IOException {
    var config = ServerUnderTest.config().threads(2).memory(1 << 20, 1 << 10).it();
    try (var server = new ServerUnderTest(config, List.of(produce))) {
      // given
      var first = connect(server);
      var second = connect(server);
      int sentFirst = first.send(Requests.produce(-1, 10_000));
      var held = produce.awaitHeld(0);
      int sentSecond = second.send(Requests.produce(-1, 10_000));

      // when
      held.answer(Requests.produced());

      // then
      first.receive(ApiKeys.PRODUCE, sentFirst);
      produce.awaitHeld(1).answer(Requests.produced());
      second.receive(ApiKeys.PRODUCE, sentSecond);
      ServerUnderTest.await("memory back", () -> server.server.requestMemoryBytes() == 0);
    }
  }

  private RawClient connect(ServerUnderTest server) throws IOException {
    var client = server.connect();
    clients.add(client);
    return client;
  }
}
