package dev.flotilla.server.network;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.common.protocol.ApiKeys;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Loops that wait for longer than a test may take when nothing happens. */
@Timeout(60)
final class StopTest {

  private static final Duration LONG = Duration.ofMinutes(3);

  private final HeldHandler produce = new HeldHandler(ApiKeys.PRODUCE, true);
  private ServerUnderTest server;
  private RawClient client;

  @BeforeEach
  void start() throws IOException {
    server =
        new ServerUnderTest(ServerUnderTest.config().poll(LONG).drain(LONG).it(), List.of(produce));
    client = server.connect();
  }

  @AfterEach
  void stop() throws IOException {
    client.close();
    server.close();
  }

  @Test
  void shouldNotWaitForAnythingWhenNothingIsInFlight() throws IOException {
    // given
    int request = client.send(Requests.produce(-1));
    produce.awaitHeld(0).answer(Requests.produced());
    client.receive(ApiKeys.PRODUCE, request);

    // when
    server.stop();

    // then
    assertThat(client.isClosedByServer()).isTrue();
  }

  @Test
  void shouldEndWithTheLastAnswer() throws Exception {
    // given a connection that waits for an answer, and one that does not
    try (RawClient idle = server.connect()) {
      int first = idle.send(Requests.produce(-1));
      produce.awaitHeld(0).answer(Requests.produced());
      idle.receive(ApiKeys.PRODUCE, first);
      int request = client.send(Requests.produce(-1));
      HeldHandler.Held held = produce.awaitHeld(1);

      // when: the only loop that serves both is stopping
      CompletableFuture<Void> stopped = CompletableFuture.runAsync(server::stop);
      assertThat(idle.isClosedByServer()).isTrue();
      assertThat(stopped).isNotDone();
      held.answer(Requests.produced());

      // then
      client.receive(ApiKeys.PRODUCE, request);
      stopped.get(60, TimeUnit.SECONDS);
      assertThat(client.isClosedByServer()).isTrue();
    }
  }
}
