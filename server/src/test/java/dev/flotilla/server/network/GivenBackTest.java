package dev.flotilla.server.network;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.kafka.common.TopicIdPartition;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.message.FetchResponseData;
import org.apache.kafka.common.message.MetadataResponseData;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.requests.FetchResponse;
import org.apache.kafka.common.requests.MetadataResponse;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Request memory, and what answers show, is given back exactly once on every path. */
@Timeout(60)
final class GivenBackTest {

  private final HeldHandler produce = new HeldHandler(ApiKeys.PRODUCE, true);
  private final HeldHandler metadata = new HeldHandler(ApiKeys.METADATA, false);
  private final List<AtomicInteger> lent = new ArrayList<>();
  private ServerUnderTest server;
  private RawClient client;

  @BeforeEach
  void start() throws IOException {
    var config = ServerUnderTest.config().drain(Duration.ofMillis(100)).it();
    server = new ServerUnderTest(config, List.of(produce, metadata));
    client = server.connect();
  }

  @AfterEach
  void everythingIsGivenBackOnce() throws IOException {
    ServerUnderTest.await("memory given back", () -> server.server.requestMemoryBytes() == 0);
    client.close();
    server.close();
    assertThat(server.server.requestMemoryBytes()).isZero();
    assertThat(lent).allSatisfy(closed -> assertThat(closed).hasValue(1));
  }

  @Test
  void shouldGiveBackWhenTheAnswerWasSent() throws IOException {
    // given
    int sent = client.send(Requests.metadata());
    var held = metadata.awaitHeld(0);
    assertThat(server.server.requestMemoryBytes()).isPositive();

    // when
    held.answer(lending(described()));

    // then
    client.receive(ApiKeys.METADATA, sent);
    ServerUnderTest.await("lent given back", () -> lent.getFirst().get() == 1);
  }

  @Test
  void shouldKeepMemoryUntilTheHandlerEndsAfterTheClientIsGone() throws IOException {
    // given
    client.send(Requests.produce(-1));
    var held = produce.awaitHeld(0);

    // when
    client.close();
    ServerUnderTest.await("connection gone", () -> server.gauge("connections.open") == 0);

    // then
    assertThat(server.server.requestMemoryBytes()).isPositive();
    held.answer(lending(described()));
  }

  @Test
  void shouldHandleWhatAClientSentBeforeItClosed() throws IOException {
    // given
    for (int i = 0; i < 3; i++) {
      client.send(Requests.produce(0));
    }

    // when
    client.close();

    // then
    produce.awaitHeld(2);
    produce.held.forEach(held -> held.answer(new Answer.None()));
  }

  @Test
  void shouldHandleWhatWaitedForItsTurnWhenTheClientClosed() throws IOException {
    // given
    client.send(Requests.metadata());
    client.send(Requests.produce(0));
    var first = metadata.awaitHeld(0);
    client.close();
    ServerUnderTest.await("connection gone", () -> server.gauge("connections.open") == 0);

    // when
    first.answer(lending(described()));

    // then
    produce.awaitHeld(0).answer(new Answer.None());
  }

  @Test
  void shouldGiveBackWhenWeCloseWithRequestsBehind() throws IOException {
    // given
    client.send(Requests.produce(0));
    client.send(Requests.metadata());
    client.send(Requests.produce(-1));
    var held = produce.awaitHeld(0);

    // when
    held.answer(new Answer.Close("refused"));

    // then
    assertThat(client.isClosedByServer()).isTrue();
    assertThat(metadata.held).isEmpty();
  }

  @Test
  void shouldGiveBackWhenAFrameCannotBeUnderstoodAfterTheClientIsGone() throws IOException {
    // given
    client.send(Requests.metadata());
    var held = metadata.awaitHeld(0);
    client.write(RawClient.frame(ByteBuffer.allocate(20).putShort((short) 9_999).rewind()));
    client.send(Requests.produce(-1));
    client.close();
    ServerUnderTest.await("connection gone", () -> server.gauge("connections.open") == 0);

    // when
    held.answer(lending(described()));

    // then
    assertThat(produce.held).isEmpty();
  }

  @Test
  void shouldGiveBackWhenAClientLeavesInTheMiddleOfAResponse() throws IOException {
    // given
    client.send(Requests.metadata());
    var held = metadata.awaitHeld(0);
    held.answer(lending(hugeRecords()));
    ServerUnderTest.await(
        "response begun",
        () -> {
          try {
            return client.hasResponse();
          } catch (IOException e) {
            return false;
          }
        });

    // when
    client.reset();

    // then
    ServerUnderTest.await("lent given back", () -> lent.getFirst().get() == 1);
  }

  @Test
  void shouldGiveBackWhenAResponseCannotBeWritten() throws IOException {
    // given
    client.send(Requests.metadata());
    var unwritable = new MetadataResponseData();
    unwritable.brokers().add(new MetadataResponseData.MetadataResponseBroker().setHost(null));

    // when
    metadata
        .awaitHeld(0)
        .answer(lending(new MetadataResponse(unwritable, ApiKeys.METADATA.latestVersion())));

    // then
    assertThat(client.isClosedByServer()).isTrue();
    ServerUnderTest.await("lent given back", () -> lent.getFirst().get() == 1);
  }

  @Test
  void shouldGiveBackAtAStopWhatIsNotAnsweredInTimeAndWhatIsAnsweredLater() throws IOException {
    // given
    client.send(Requests.produce(-1));
    client.send(Requests.produce(-1));
    client.send(Requests.metadata());
    produce.awaitHeld(1);
    produce.held.get(1).answer(lending(described()));

    // when
    server.close();

    // then
    assertThat(client.isClosedByServer()).isTrue();
    assertThat(lent.getFirst()).hasValue(1);
    assertThat(server.server.requestMemoryBytes()).isPositive();
    produce.held.get(0).answer(lending(described()));
    assertThat(metadata.held).isEmpty();
  }

  private Answer lending(org.apache.kafka.common.requests.AbstractResponse response) {
    var closed = new AtomicInteger();
    lent.add(closed);
    return new Answer.Response(response, List.of(closed::incrementAndGet));
  }

  private static MetadataResponse described() {
    return new MetadataResponse(new MetadataResponseData(), ApiKeys.METADATA.latestVersion());
  }

  /** More than two sockets hold; sent to whoever asks, whatever the question. */
  private static FetchResponse hugeRecords() {
    var records = new SliceRecords(List.of(ByteBuffer.allocateDirect(64 << 20)));
    var data = new LinkedHashMap<TopicIdPartition, FetchResponseData.PartitionData>();
    data.put(
        new TopicIdPartition(new Uuid(1, 2), 0, "t"),
        new FetchResponseData.PartitionData().setRecords(records));
    return FetchResponse.of(Errors.NONE, 0, 0, data, List.of());
  }
}
