package dev.flotilla.server.network;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
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
  void shouldEndWithTheLastAnswer() throws IOException {
    // given
    int request = client.send(Requests.produce(-1));
    HeldHandler.Held held = produce.awaitHeld(0);
    CompletableFuture<Void> stopped = CompletableFuture.runAsync(server::stop);

    // when
    held.answer(Requests.produced());

    // then
    client.receive(ApiKeys.PRODUCE, request);
    stopped.join();
    assertThat(client.isClosedByServer()).isTrue();
  }
}
