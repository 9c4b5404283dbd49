package dev.flotilla.server.network;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import org.apache.kafka.common.protocol.ApiKeys;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
final class ConnectionsTest {

  private static final Duration NEVER_STALLED = Duration.ofHours(1);

  private final HeldHandler produce = new HeldHandler(ApiKeys.PRODUCE, true);

  @Test
  void shouldCloseAnIdleConnection() throws IOException {
    var config = ServerUnderTest.config().maxIdle(Duration.ofMillis(200)).it();
    try (var server = new ServerUnderTest(config, List.of());
        var client = server.connect()) {
      // given
      client.receive(ApiKeys.API_VERSIONS, client.send(Requests.apiVersions()));

      // when, then
      assertThat(client.isClosedByServer()).isTrue();
      ServerUnderTest.await("counted out", () -> server.gauge("connections.open") == 0);
    }
  }

  @Test
  void shouldRefuseMoreConnectionsOfOneAddressThanAllowed() throws IOException {
    var config = ServerUnderTest.config().limits(99, 2, 4, NEVER_STALLED).it();
    try (var server = new ServerUnderTest(config, List.of());
        var first = server.connect();
        var second = server.connect();
        var third = server.connect()) {
      // when, then
      assertThat(third.isClosedByServer()).isTrue();
      for (var client : List.of(first, second)) {
        client.receive(ApiKeys.API_VERSIONS, client.send(Requests.apiVersions()));
      }
    }
  }

  @Test
  void shouldLetAConnectionBeyondTheLimitWaitUntilAnotherCloses() throws IOException {
    var config = ServerUnderTest.config().limits(1, 99, 4, NEVER_STALLED).it();
    try (var server = new ServerUnderTest(config, List.of());
        var first = server.connect();
        var second = server.connect()) {
      // given
      first.receive(ApiKeys.API_VERSIONS, first.send(Requests.apiVersions()));
      int sent = second.send(Requests.apiVersions());
      first.receive(ApiKeys.API_VERSIONS, first.send(Requests.apiVersions()));
      assertThat(second.hasResponse()).isFalse();

      // when
      first.reset();

      // then
      second.receive(ApiKeys.API_VERSIONS, sent);
    }
  }

  @Test
  void shouldStopWhileAConnectionWaitsForTheLimit() throws IOException {
    var config = ServerUnderTest.config().limits(1, 99, 4, NEVER_STALLED).it();
    try (var server = new ServerUnderTest(config, List.of());
        var first = server.connect();
        var second = server.connect()) {
      // given
      first.receive(ApiKeys.API_VERSIONS, first.send(Requests.apiVersions()));

      // when
      server.stop();

      // then
      assertThat(second.isClosedByServer()).isTrue();
    }
  }

  @Test
  void shouldFinishWhatIsInFlightBeforeItStops() throws Exception {
    try (var server = new ServerUnderTest(ServerUnderTest.config().it(), List.of(produce));
        var idle = server.connect();
        var client = server.connect()) {
      // given
      idle.receive(ApiKeys.API_VERSIONS, idle.send(Requests.apiVersions()));
      int first = client.send(Requests.produce(-1));
      int second = client.send(Requests.produce(-1));
      produce.awaitHeld(1);

      // when
      var stop = Thread.ofPlatform().start(server::close);
      assertThat(idle.isClosedByServer()).isTrue();
      produce.held.forEach(held -> held.answer(Requests.produced()));

      // then
      client.receive(ApiKeys.PRODUCE, first);
      client.receive(ApiKeys.PRODUCE, second);
      assertThat(client.isClosedByServer()).isTrue();
      stop.join();
      assertThatThrownBy(server::connect).isInstanceOf(IOException.class);
    }
  }

  @Test
  void shouldSayWhichListenerCannotBeBound() throws IOException {
    try (var server = new ServerUnderTest(ServerUnderTest.config().it(), List.of())) {
      // given
      var taken = List.of(Listener.plaintext("127.0.0.1", server.port));

      // when, then
      assertThatThrownBy(() -> ListeningSockets.bind(taken, NetworkConfig.defaults()))
          .isInstanceOf(IOException.class)
          .hasMessageContaining("PLAINTEXT://127.0.0.1:" + server.port);
    }
  }

  @Test
  void shouldLeaveNoThreadBehind() throws IOException {
    // given threads of this server, not those that other tests may have
    var others = threads();
    var own = new HashSet<Thread>();
    try (var server = new ServerUnderTest(ServerUnderTest.config().threads(3).it(), List.of());
        var client = server.connect()) {
      client.receive(ApiKeys.API_VERSIONS, client.send(Requests.apiVersions()));
      own.addAll(threads());
      own.removeAll(others);
      assertThat(own).hasSizeGreaterThanOrEqualTo(3);
    }

    // when, then
    ServerUnderTest.await("threads ended", () -> own.stream().noneMatch(Thread::isAlive));
  }

  private static Set<Thread> threads() {
    return Thread.getAllStackTraces().keySet().stream()
        .filter(thread ->
            thread.getName().startsWith("network-") || thread.getName().startsWith("acceptor-"))
        .collect(Collectors.toSet());
  }
}
