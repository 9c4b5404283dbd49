package dev.flotilla.server.metrics;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.codahale.metrics.MetricRegistry;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.BindException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.URLDecoder;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.function.Supplier;

/**
 * Metrics and health over HTTP, for those who watch a node.
 *
 * <pre>
 *   GET /metrics       Prometheus' text format
 *   GET /health/live   200 as long as the process answers at all
 *   GET /health/ready  200 when the node serves clients, else 503 and why not
 *   GET PATH           what else the node has to tell, in JSON, see {@link Page}
 * </pre>
 *
 * <p>A conversation runs on a virtual thread of its own, and has no part in serving Kafka clients.
 */
public final class MetricsServer implements AutoCloseable {

  /** How many ports after a taken one are tried, if any will do: a few nodes on one host. */
  private static final int PORTS_TRIED = 64;

  /** What is told in JSON at one path. Asked on any thread. */
  public interface Page {

    /**
     * The answer, as JSON.
     *
     * @param query the parameters that were asked with; of one that is named twice the last value
     * @throws IllegalArgumentException if they cannot be understood; its message goes to the asker
     */
    String json(Map<String, String> query);
  }

  /** Whether another port will do when the one asked for is taken. */
  public enum Port {
    /** An operator chose it. */
    EXACTLY,
    /** Nobody chose it. */
    OR_NEXT_FREE
  }

  private final HttpServer http;
  private final ExecutorService threads;
  private final MetricRegistry registry;
  private final Supplier<Optional<String>> notReady;
  private final Map<String, Page> pages;

  private MetricsServer(
      HttpServer http,
      MetricRegistry registry,
      Supplier<Optional<String>> notReady,
      Map<String, Page> pages) {
    this.http = http;
    this.registry = registry;
    this.notReady = notReady;
    this.pages = new TreeMap<>(pages);
    this.threads =
        Executors.newThreadPerTaskExecutor(Thread.ofVirtual().name("metrics-", 0).factory());
  }

  /**
   * Serves until closed.
   *
   * @param host an address or a name; empty for every address
   * @param port 0 for any free one
   * @param notReady why the node does not serve clients now; empty when it does. Asked on any
   *     thread
   * @param pages by path, as {@code /status}
   * @throws IOException if the address cannot be bound; its message names it
   */
  public static MetricsServer start(
      String host,
      int port,
      Port choice,
      MetricRegistry registry,
      Supplier<Optional<String>> notReady,
      Map<String, Page> pages)
      throws IOException {
    var server = new MetricsServer(bind(host, port, choice), registry, notReady, pages);
    server.http.setExecutor(server.threads);
    server.http.createContext("/", server::answer);
    server.http.start();
    return server;
  }

  /** The port that is served. */
  public int port() {
    return http.getAddress().getPort();
  }

  @Override
  public void close() {
    http.stop(0);
    threads.shutdownNow();
  }

  private static HttpServer bind(String host, int port, Port choice) throws IOException {
    int last =
        choice == Port.OR_NEXT_FREE && port != 0 ? Math.min(port + PORTS_TRIED, 65_535) : port;
    for (int tried = port; ; tried++) {
      try {
        return HttpServer.create(address(host, tried), 0);
      } catch (BindException e) {
        if (tried >= last) {
          throw new IOException(
              "cannot serve metrics on %s:%d: %s".formatted(host, port, e.getMessage()), e);
        }
      }
    }
  }

  private static InetSocketAddress address(String host, int port) throws IOException {
    return host.isEmpty()
        ? new InetSocketAddress(port)
        : new InetSocketAddress(InetAddress.getAllByName(host)[0], port);
  }

  private void answer(HttpExchange exchange) throws IOException {
    try (exchange) {
      if (!exchange.getRequestMethod().equals("GET")) {
        send(exchange, 405, "GET only\n");
        return;
      }
      switch (exchange.getRequestURI().getPath()) {
        case "/metrics" -> {
          exchange.getResponseHeaders().set("Content-Type", PrometheusText.CONTENT_TYPE);
          send(exchange, 200, PrometheusText.of(registry));
        }
        case "/health/live" -> send(exchange, 200, "live\n");
        case "/health/ready" -> {
          var reason = notReady.get();
          send(exchange, reason.isEmpty() ? 200 : 503, reason.orElse("ready") + "\n");
        }
        default -> page(exchange);
      }
    }
  }

  private void page(HttpExchange exchange) throws IOException {
    var page = pages.get(exchange.getRequestURI().getPath());
    if (page == null) {
      var known = "/metrics, /health/live, /health/ready, " + String.join(", ", pages.keySet());
      send(exchange, 404, known + "\n");
      return;
    }
    String json;
    try {
      json = page.json(query(exchange.getRequestURI()));
    } catch (IllegalArgumentException e) {
      send(exchange, 400, e.getMessage() + "\n");
      return;
    }
    exchange.getResponseHeaders().set("Content-Type", "application/json");
    send(exchange, 200, json);
  }

  private static Map<String, String> query(URI uri) {
    var query = new HashMap<String, String>();
    if (uri.getRawQuery() != null) {
      for (var parameter : uri.getRawQuery().split("&")) {
        var parts = parameter.split("=", 2);
        query.put(decoded(parts[0]), parts.length == 2 ? decoded(parts[1]) : "");
      }
    }
    return query;
  }

  private static String decoded(String text) {
    return URLDecoder.decode(text, UTF_8);
  }

  private static void send(HttpExchange exchange, int status, String text) throws IOException {
    var body = text.getBytes(UTF_8);
    exchange.sendResponseHeaders(status, body.length);
    exchange.getResponseBody().write(body);
  }
}
