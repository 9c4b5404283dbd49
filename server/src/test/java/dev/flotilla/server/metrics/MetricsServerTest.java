package dev.flotilla.server.metrics;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.codahale.metrics.Gauge;
import com.codahale.metrics.MetricRegistry;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
final class MetricsServerTest {

  /** A line of Prometheus' text format, after the format's grammar. */
  private static final Pattern LINE =
      Pattern.compile(
          "# TYPE [a-z_]+ (counter|gauge|summary)"
              + "|[a-z_]+(\\{[a-z]+=\"([^\"\\\\]|\\\\.)*\"(,[a-z]+=\"([^\"\\\\]|\\\\.)*\")*})?"
              + " (-?[0-9.]+(E-?[0-9]+)?|NaN|[+-]Inf)");

  private final MetricRegistry registry = new MetricRegistry();
  private final AtomicReference<Optional<String>> notReady =
      new AtomicReference<>(Optional.empty());
  private final HttpClient http = HttpClient.newHttpClient();
  private MetricsServer server;

  @BeforeEach
  void start() throws IOException {
    server =
        MetricsServer.start(
            "127.0.0.1",
            0,
            MetricsServer.Port.EXACTLY,
            registry,
            notReady::get,
            Map.of("/status", _ -> "{}\n", "/echo", MetricsServerTest::echo));
  }

  @AfterEach
  void stop() {
    server.close();
    http.close();
  }

  @Test
  void shouldWriteEveryKindOfMetric() throws Exception {
    // given
    registry.counter("network.sent.bytes").inc(17);
    registry.meter("produce.records").mark(5);
    registry.gauge("connections.open", () -> (Gauge<Integer>) () -> 3);
    registry.gauge("node.ready", () -> (Gauge<Boolean>) () -> true);
    registry.histogram("raft.entry.records").update(30);
    registry.timer("request.time{api=Produce}").update(2, TimeUnit.MILLISECONDS);
    registry.timer("request.time{api=Fetch}").update(2, TimeUnit.SECONDS);
    registry.counter("request.errors{api=Produce,error=CORRUPT_MESSAGE}").inc();

    // when
    var lines = get("/metrics").body().lines().toList();

    // then
    assertThat(lines)
        .allSatisfy(line -> assertThat(line).matches(LINE))
        .contains(
            "# TYPE flotilla_network_sent_bytes_total counter",
            "flotilla_network_sent_bytes_total 17",
            "flotilla_produce_records_total 5",
            "flotilla_connections_open 3",
            "flotilla_node_ready 1",
            "flotilla_raft_entry_records{quantile=\"0.5\"} 30.0",
            "flotilla_raft_entry_records_count 1",
            "flotilla_request_time_seconds{api=\"Produce\",quantile=\"0.99\"} 0.002",
            "flotilla_request_time_seconds{api=\"Fetch\",quantile=\"0.5\"} 2.0",
            "flotilla_request_time_seconds_count{api=\"Fetch\"} 1",
            "flotilla_request_errors_total{api=\"Produce\",error=\"CORRUPT_MESSAGE\"} 1")
        .containsOnlyOnce("# TYPE flotilla_request_time_seconds summary");
  }

  @Test
  void shouldLeaveOutGaugesThatFailOrAreNoNumbers() throws Exception {
    // given
    registry.gauge("broken", () -> (Gauge<Integer>) this::fail);
    registry.gauge("text", () -> (Gauge<String>) () -> "idle");
    registry.gauge("none", () -> (Gauge<Double>) () -> Double.NaN);

    // when, then
    assertThat(get("/metrics").body().lines())
        .containsExactly("# TYPE flotilla_none gauge", "flotilla_none NaN");
  }

  @Test
  void shouldWriteTheJvm() throws Exception {
    // given
    registry.registerAll(new JvmMetrics());

    // when
    var lines = get("/metrics").body().lines().toList();

    // then
    assertThat(lines)
        .allSatisfy(line -> assertThat(line).matches(LINE))
        .anySatisfy(line -> assertThat(line).startsWith("flotilla_jvm_heap_used_bytes "))
        .anySatisfy(line -> assertThat(line).startsWith("flotilla_jvm_threads "));
  }

  @Test
  void shouldTellWhetherTheNodeServesClients() throws Exception {
    assertThat(get("/health/live").statusCode()).isEqualTo(200);
    assertThat(get("/health/ready").statusCode()).isEqualTo(200);

    notReady.set(Optional.of("no metadata yet"));
    assertThat(get("/health/ready"))
        .satisfies(response -> assertThat(response.statusCode()).isEqualTo(503))
        .satisfies(response -> assertThat(response.body()).isEqualTo("no metadata yet\n"));
    assertThat(get("/health/live").statusCode()).isEqualTo(200);
  }

  @Test
  void shouldRefuseWhatItDoesNotServe() throws Exception {
    assertThat(get("/metricsandmore").statusCode()).isEqualTo(404);
    var post =
        HttpRequest.newBuilder(uri("/metrics")).POST(HttpRequest.BodyPublishers.noBody()).build();
    assertThat(http.send(post, BodyHandlers.ofString()).statusCode()).isEqualTo(405);
  }

  @Test
  void shouldTellAPageWhatItWasAskedWith() throws Exception {
    assertThat(get("/echo?topic=a%26b&index=7&index=8&all").body())
        .isEqualTo("{all=, index=8, topic=a&b}");
    assertThat(get("/echo").body()).isEqualTo("{}");
    assertThat(get("/echo?bad=1"))
        .satisfies(response -> assertThat(response.statusCode()).isEqualTo(400))
        .satisfies(response -> assertThat(response.body()).isEqualTo("bad=1\n"));
    assertThat(get("/nothing").body())
        .isEqualTo("/metrics, /health/live, /health/ready, /echo, /status\n");
  }

  private static String echo(Map<String, String> query) {
    if (query.containsKey("bad")) {
      throw new IllegalArgumentException("bad=" + query.get("bad"));
    }
    return new TreeMap<>(query).toString();
  }

  @Test
  void shouldTakeTheNextPortOnlyWhenNobodyChoseThisOne() throws Exception {
    // given
    int taken = server.port();

    // when
    try (var next =
        MetricsServer.start(
            "127.0.0.1",
            taken,
            MetricsServer.Port.OR_NEXT_FREE,
            registry,
            Optional::<String>empty,
            Map.of())) {
      // then
      assertThat(next.port()).isGreaterThan(taken);
    }
    assertThatThrownBy(() ->
            MetricsServer.start(
                "127.0.0.1",
                taken,
                MetricsServer.Port.EXACTLY,
                registry,
                Optional::<String>empty,
                Map.of()))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("127.0.0.1:" + taken);
  }

  private int fail() {
    throw new IllegalStateException("broken");
  }

  private HttpResponse<String> get(String path) throws Exception {
    var request = HttpRequest.newBuilder(uri(path)).timeout(Duration.ofSeconds(20)).build();
    return http.send(request, BodyHandlers.ofString());
  }

  private URI uri(String path) {
    return URI.create("http://127.0.0.1:" + server.port() + path);
  }
}
