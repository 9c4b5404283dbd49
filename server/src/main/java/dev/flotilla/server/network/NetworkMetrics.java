package dev.flotilla.server.network;

import static java.util.Objects.requireNonNull;

import com.codahale.metrics.Counter;
import com.codahale.metrics.Gauge;
import com.codahale.metrics.MetricRegistry;
import com.codahale.metrics.Timer;
import dev.flotilla.server.metrics.Labels;
import java.util.EnumMap;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.requests.AbstractResponse;

/** What the network tells of itself; names and meanings are in docs/metrics.md. */
final class NetworkMetrics {

  private final MetricRegistry registry;
  private final Map<ApiKeys, Timer> times = new EnumMap<>(ApiKeys.class);
  private final Counter received;
  private final Counter sent;
  private final Counter accepted;
  private final Counter refused;
  private final Counter closed;

  NetworkMetrics(
      MetricRegistry registry, ServedApis apis, RequestMemory memory, ConnectionLimits limits) {
    this.registry = registry;
    for (var handler : apis.handlers()) {
      times.put(handler.api(), registry.timer(of("request.time", handler.api())));
    }
    received = registry.counter("network.received.bytes");
    sent = registry.counter("network.sent.bytes");
    accepted = registry.counter("connections.accepted");
    refused = registry.counter("connections.refused");
    closed = registry.counter("connections.closed.by.node");
    registry.registerAll(() ->
        Map.of(
            "connections.open",
            (Gauge<Integer>) limits::open,
            "request.memory.bytes",
            (Gauge<Long>) memory::bytesInUse,
            "request.memory.limit.bytes",
            (Gauge<Long>) memory::limitBytes));
  }

  void received(long bytes) {
    received.inc(bytes);
  }

  void sent(long bytes) {
    sent.inc(bytes);
  }

  void accepted() {
    accepted.inc();
  }

  void refused() {
    refused.inc();
  }

  void closedByNode() {
    closed.inc();
  }

  /** A request of this API was finished: answered and sent, or needing no response. */
  void finished(ApiKeys api, long nanos) {
    requireNonNull(times.get(api)).update(nanos, TimeUnit.NANOSECONDS);
  }

  /** Counts the error codes in a response. */
  void responded(ApiKeys api, AbstractResponse response) {
    response
        .errorCounts()
        .forEach((error, count) -> {
          if (error != Errors.NONE) {
            registry
                .counter(Labels.name("request.errors", "api", api.name, "error", error.name()))
                .inc(count);
          }
        });
  }

  /** What was registered for this server alone is gone: another may register it. */
  void unregister() {
    registry.remove("connections.open");
    registry.remove("request.memory.bytes");
    registry.remove("request.memory.limit.bytes");
  }

  private static String of(String family, ApiKeys api) {
    return Labels.name(family, "api", api.name);
  }
}
