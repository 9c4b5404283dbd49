package dev.flotilla.server.network;

import static java.util.Objects.requireNonNull;

import com.codahale.metrics.MetricRegistry;
import dev.flotilla.server.api.ApiVersionsHandler;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import org.apache.kafka.common.utils.Time;

/** A server on a free port of the loopback, with handlers of the test and ApiVersions. */
final class ServerUnderTest implements AutoCloseable {

  final MetricRegistry registry = new MetricRegistry();
  final NetworkServer server;
  final int port;

  ServerUnderTest(NetworkConfig config, List<? extends RequestHandler> handlers)
      throws IOException {
    var sockets = ListeningSockets.bind(List.of(Listener.plaintext("127.0.0.1", 0)), config);
    this.port = sockets.port("PLAINTEXT");
    var all = ApiVersionsHandler.advertising(handlers);
    this.server =
        NetworkServer.start(
            sockets,
            all,
            version -> ApiVersionsHandler.response(all, version),
            config,
            registry,
            Time.SYSTEM);
  }

  /** One loop, so that what one connection does is felt by the others. */
  static Config config() {
    return new Config(NetworkConfig.defaults()).threads(1).drain(Duration.ofSeconds(10));
  }

  RawClient connect() throws IOException {
    return new RawClient(port);
  }

  long gauge(String name) {
    return ((Number) requireNonNull(registry.getGauges().get(name)).getValue()).longValue();
  }

  static void await(String what, BooleanSupplier condition) {
    long deadline = System.nanoTime() + Duration.ofSeconds(60).toNanos();
    while (!condition.getAsBoolean()) {
      if (System.nanoTime() > deadline) {
        throw new AssertionError("never: " + what);
      }
      LockSupport.parkNanos(1_000_000);
    }
  }

  /** Stops it before the end of the test. */
  void stop() {
    server.close();
  }

  @Override
  public void close() {
    stop();
  }

  /** A configuration in the making. */
  record Config(NetworkConfig it) {

    Config threads(int threads) {
      return new Config(
          with(threads, it.maxFrameBytes(), it.requestMemoryBytes(), it.maxIdle(), it.drain()));
    }

    Config drain(Duration drain) {
      return new Config(
          with(it.threads(), it.maxFrameBytes(), it.requestMemoryBytes(), it.maxIdle(), drain));
    }

    Config maxIdle(Duration maxIdle) {
      return new Config(
          with(it.threads(), it.maxFrameBytes(), it.requestMemoryBytes(), maxIdle, it.drain()));
    }

    Config memory(int maxFrameBytes, long requestMemoryBytes) {
      return new Config(
          with(it.threads(), maxFrameBytes, requestMemoryBytes, it.maxIdle(), it.drain()));
    }

    Config limits(int maxConnections, int maxPerIp, int maxInFlight, Duration stalledAfter) {
      return new Config(
          new NetworkConfig(
              it.threads(),
              it.backlog(),
              it.sendBufferBytes(),
              it.receiveBufferBytes(),
              it.maxFrameBytes(),
              it.requestMemoryBytes(),
              it.maxIdle(),
              maxConnections,
              maxPerIp,
              maxInFlight,
              stalledAfter,
              it.poll(),
              it.drain(),
              it.channels()));
    }

    Config poll(Duration poll) {
      return new Config(
          new NetworkConfig(
              it.threads(),
              it.backlog(),
              it.sendBufferBytes(),
              it.receiveBufferBytes(),
              it.maxFrameBytes(),
              it.requestMemoryBytes(),
              it.maxIdle(),
              it.maxConnections(),
              it.maxConnectionsPerIp(),
              it.maxInFlight(),
              it.stalledFrameAfter(),
              poll,
              it.drain(),
              it.channels()));
    }

    private NetworkConfig with(
        int threads, int maxFrameBytes, long memoryBytes, Duration maxIdle, Duration drain) {
      return new NetworkConfig(
          threads,
          it.backlog(),
          it.sendBufferBytes(),
          it.receiveBufferBytes(),
          maxFrameBytes,
          memoryBytes,
          maxIdle,
          it.maxConnections(),
          it.maxConnectionsPerIp(),
          it.maxInFlight(),
          it.stalledFrameAfter(),
          it.poll(),
          drain,
          it.channels());
    }
  }
}
