package dev.flotilla.server.network;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.apache.kafka.common.protocol.ApiKeys;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
final class AnswerOrderTest {

  private final HeldHandler produce = new HeldHandler(ApiKeys.PRODUCE, true);
  private final HeldHandler metadata = new HeldHandler(ApiKeys.METADATA, false);
  private ServerUnderTest server;
  private RawClient client;

  @BeforeEach
  void start() throws IOException {
    server = new ServerUnderTest(ServerUnderTest.config().it(), List.of(produce, metadata));
    client = server.connect();
  }

  @AfterEach
  void stop() throws IOException {
    client.close();
    server.close();
  }

  @Test
  void shouldAnswerOverlappingProducesInTheOrderOfTheRequests() throws IOException {
    // given
    var sent = new ArrayList<Integer>();
    for (int i = 0; i < 5; i++) {
      sent.add(client.send(Requests.produce(-1)));
    }
    produce.awaitHeld(4);

    // when
    for (int i : List.of(3, 1, 4, 2)) {
      produce.held.get(i).answer(Requests.produced());
    }

    // then
    assertThat(client.hasResponse()).isFalse();
    produce.held.get(0).answer(Requests.produced());
    for (int correlation : sent) {
      client.receive(ApiKeys.PRODUCE, correlation);
    }
  }

  @Test
  void shouldHandleOverlappingProducesInTheOrderOfTheRequests() throws IOException {
    // given
    for (int i = 0; i < 5; i++) {
      client.send(Requests.produce(-1));
    }

    // when
    produce.awaitHeld(4);

    // then
    assertThat(produce.held)
        .extracting(held -> held.request().context().correlationId())
        .containsExactly(1, 2, 3, 4, 5);
  }

  @Test
  void shouldHoldBackWhatDoesNotOverlapUntilEarlierAnswersAreSent() throws IOException {
    // given
    int first = client.send(Requests.produce(-1));
    int second = client.send(Requests.produce(-1));
    int third = client.send(Requests.metadata());
    int fourth = client.send(Requests.produce(-1));
    produce.awaitHeld(1);

    // when
    produce.held.get(1).answer(Requests.produced());

    // then
    assertThat(metadata.held).isEmpty();
    produce.held.get(0).answer(Requests.produced());
    client.receive(ApiKeys.PRODUCE, first);
    client.receive(ApiKeys.PRODUCE, second);
    var held = metadata.awaitHeld(0);
    assertThat(produce.held).hasSize(2);
    held.answer(Requests.described());
    client.receive(ApiKeys.METADATA, third);
    produce.awaitHeld(2).answer(Requests.produced());
    client.receive(ApiKeys.PRODUCE, fourth);
  }

  @Test
  void shouldNotLetOneConnectionHoldBackAnother() throws IOException {
    // given
    client.send(Requests.metadata());
    metadata.awaitHeld(0);

    // when
    try (var other = server.connect()) {
      int sent = other.send(Requests.apiVersions());

      // then
      other.receive(ApiKeys.API_VERSIONS, sent);
    }
  }

  @Test
  void shouldSendNothingForAnAnswerOfNoneAndGoOn() throws IOException {
    // given
    client.send(Requests.produce(0));
    int second = client.send(Requests.produce(-1));
    produce.awaitHeld(1).answer(Requests.produced());

    // when
    produce.held.get(0).answer(new Answer.None());

    // then
    client.receive(ApiKeys.PRODUCE, second);
  }

  @Test
  void shouldSendEarlierAnswersBeforeItCloses() throws IOException {
    // given
    int first = client.send(Requests.produce(-1));
    client.send(Requests.produce(0));
    produce.awaitHeld(1).answer(new Answer.Close("acks=0 and refused"));

    // when
    produce.held.get(0).answer(Requests.produced());

    // then
    client.receive(ApiKeys.PRODUCE, first);
    assertThat(client.isClosedByServer()).isTrue();
  }

  @Test
  void shouldReadNoFurtherThanTheRequestsAllowedInFlight() throws IOException {
    // given
    int allowed = NetworkConfig.MAX_IN_FLIGHT;
    var sent = new ArrayList<Integer>();
    for (int i = 0; i < allowed + 3; i++) {
      sent.add(client.send(Requests.produce(-1)));
    }
    produce.awaitHeld(allowed - 1);

    // when
    produce.held.get(1).answer(Requests.produced());

    // then
    try (var other = server.connect()) {
      // A whole round trip through the same loop: it would have read more by now.
      other.receive(ApiKeys.API_VERSIONS, other.send(Requests.apiVersions()));
    }
    assertThat(produce.held).hasSize(allowed);
    for (int i = 0; i < sent.size(); i++) {
      if (i != 1) {
        produce.awaitHeld(i).answer(Requests.produced());
      }
      client.receive(ApiKeys.PRODUCE, sent.get(i));
    }
  }
}
