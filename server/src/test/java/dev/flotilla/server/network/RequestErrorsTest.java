package dev.flotilla.server.network;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.Random;
import org.apache.kafka.common.errors.NotLeaderOrFollowerException;
import org.apache.kafka.common.message.MetadataResponseData;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.requests.ApiVersionsResponse;
import org.apache.kafka.common.requests.MetadataResponse;
import org.apache.kafka.common.requests.ProduceResponse;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
final class RequestErrorsTest {

  private final HeldHandler produce = new HeldHandler(ApiKeys.PRODUCE, true);
  private final HeldHandler metadata = new HeldHandler(ApiKeys.METADATA, false);
  private ServerUnderTest server;
  private RawClient bystander;
  private RawClient client;

  @BeforeEach
  void start() throws IOException {
    server = new ServerUnderTest(ServerUnderTest.config().it(), List.of(produce, metadata));
    bystander = server.connect();
    bystander.receive(ApiKeys.API_VERSIONS, bystander.send(Requests.apiVersions()));
    client = server.connect();
  }

  @AfterEach
  void othersAreServedAndNothingIsLeft() throws IOException {
    bystander.receive(ApiKeys.API_VERSIONS, bystander.send(Requests.apiVersions()));
    client.close();
    bystander.close();
    ServerUnderTest.await("memory given back", () -> server.server.requestMemoryBytes() == 0);
    ServerUnderTest.await("connections gone", () -> server.gauge("connections.open") == 0);
    server.close();
  }

  @Test
  void shouldWaitForTheRestOfHalfAFrame() throws IOException {
    // given
    client.announce(100);

    // when
    client.write(new byte[50]);

    // then
    ServerUnderTest.await("memory taken", () -> server.server.requestMemoryBytes() == 100);
    assertThat(client.hasResponse()).isFalse();
  }

  @Test
  void shouldCloseOnAFrameOfTwoGigabytes() throws IOException {
    // given, when
    client.announce(Integer.MAX_VALUE);

    // then
    assertThat(client.isClosedByServer()).isTrue();
    assertThat(server.server.requestMemoryBytes()).isZero();
  }

  @Test
  void shouldCloseOnANegativeFrame() throws IOException {
    // given, when
    client.announce(-1);

    // then
    assertThat(client.isClosedByServer()).isTrue();
  }

  @Test
  void shouldCloseOnAnEmptyFrame() throws IOException {
    // given, when
    client.announce(0);

    // then
    assertThat(client.isClosedByServer()).isTrue();
  }

  @Test
  void shouldCloseWhenAResponseDoesNotFitTheHeap() throws IOException {
    // given
    client.send(Requests.metadata());

    // when
    metadata
        .awaitHeld(0)
        .answer(
            Answer.of(
                new MetadataResponse(new MetadataResponseData(), (short) 0) {
                  @Override
                  public MetadataResponseData data() {
                    throw new OutOfMemoryError("of this test");
                  }
                }));

    // then
    assertThat(client.isClosedByServer()).isTrue();
  }

  @Test
  void shouldCloseOnAnUnknownApi() throws IOException {
    // given, when
    client.write(headerOnly((short) 9_999, (short) 0));

    // then
    assertThat(client.isClosedByServer()).isTrue();
  }

  @Test
  void shouldCloseOnAnApiThatIsNotServed() throws IOException {
    // given, when
    client.write(headerOnly(ApiKeys.FETCH.id, ApiKeys.FETCH.latestVersion()));

    // then
    assertThat(client.isClosedByServer()).isTrue();
  }

  @Test
  void shouldCloseOnVersionsThatAreNotServed() throws IOException {
    for (short version : new short[] {0, 2, 99, -1}) {
      try (var other = server.connect()) {
        // given, when
        other.write(headerOnly(ApiKeys.PRODUCE.id, version));

        // then
        assertThat(other.isClosedByServer()).as("version %d", version).isTrue();
      }
    }
    assertThat(produce.held).isEmpty();
  }

  @Test
  void shouldTellAClientFromTheFutureWhichApiVersionsItSpeaks() throws IOException {
    // given, when
    client.write(headerOnly(ApiKeys.API_VERSIONS.id, (short) 77));

    // then
    var response = (ApiVersionsResponse) client.receive(ApiKeys.API_VERSIONS, (short) 0, 1);
    assertThat(response.data().errorCode()).isEqualTo(Errors.UNSUPPORTED_VERSION.code());
    assertThat(response.apiVersion(ApiKeys.API_VERSIONS.id).maxVersion())
        .isEqualTo(ApiKeys.API_VERSIONS.latestVersion());
    int again = client.send(Requests.apiVersions());
    client.receive(ApiKeys.API_VERSIONS, again);
  }

  @Test
  void shouldCloseOnGarbage() throws IOException {
    // Random bytes may be a request after all; then it is handled, and closed like the others.
    metadata.answerAll(new Answer.Close("garbage"));
    var random = new Random(20_261_123);
    for (int i = 0; i < 200; i++) {
      try (var other = server.connect()) {
        // given
        var garbage = new byte[10 + random.nextInt(300)];
        random.nextBytes(garbage);
        // Half of it passes for a request of an API that is served.
        if (i % 2 == 0) {
          ByteBuffer.wrap(garbage)
              .putShort(ApiKeys.METADATA.id)
              .putShort((short) random.nextInt(ApiKeys.METADATA.latestVersion() + 1));
        }

        // when
        other.write(RawClient.frame(ByteBuffer.wrap(garbage)));

        // then
        assertThat(other.isClosedByServer()).as("garbage %d", i).isTrue();
      }
    }
  }

  @Test
  void shouldAnswerWithTheRequestsOwnErrorWhenAHandlerFails() throws IOException {
    // given
    int sent = client.send(Requests.produce(-1));

    // when
    produce.awaitHeld(0).future().completeExceptionally(new NotLeaderOrFollowerException("moved"));

    // then
    var response = (ProduceResponse) client.receive(ApiKeys.PRODUCE, sent);
    assertThat(response.errorCounts()).containsKey(Errors.NOT_LEADER_OR_FOLLOWER);
    ServerUnderTest.await(
        "error counted",
        () ->
            server
                .registry
                .getCounters()
                .containsKey("request.errors{api=Produce,error=NOT_LEADER_OR_FOLLOWER}"));
  }

  @Test
  void shouldCloseWhenARequestFailsThatExpectsNoResponse() throws IOException {
    // given
    client.send(Requests.produce(0));

    // when
    produce.awaitHeld(0).future().completeExceptionally(new NotLeaderOrFollowerException("moved"));

    // then
    assertThat(client.isClosedByServer()).isTrue();
  }

  @Test
  void shouldAnswerUnknownServerErrorWhenAHandlerAnswersNothing() throws IOException {
    // given
    int sent = client.send(Requests.produce(-1));

    // when
    produce.awaitHeld(0).future().complete(null);

    // then
    assertThat(client.receive(ApiKeys.PRODUCE, sent).errorCounts())
        .containsKey(Errors.UNKNOWN_SERVER_ERROR);
  }

  @Test
  void shouldDropWhatFollowsAFrameThatCannotBeUnderstood() throws IOException {
    // given
    int first = client.send(Requests.produce(-1));
    produce.awaitHeld(0);
    client.write(headerOnly((short) 9_999, (short) 0));
    client.send(Requests.produce(-1));

    // when
    produce.held.get(0).answer(Requests.produced());

    // then
    client.receive(ApiKeys.PRODUCE, first);
    assertThat(client.isClosedByServer()).isTrue();
    assertThat(produce.held).hasSize(1);
  }

  private static byte[] headerOnly(short api, short version) {
    var content = ByteBuffer.allocate(64);
    content
        .putShort(api)
        .putShort(version)
        .putInt(1)
        .putShort((short) 3)
        .put("raw".getBytes(UTF_8))
        .put((byte) 0);
    return RawClient.frame(content.flip());
  }
}
