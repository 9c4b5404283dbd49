package dev.flotilla.server.network;

import com.codahale.metrics.MetricRegistry;
import java.nio.channels.ServerSocketChannel;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import org.apache.kafka.common.metrics.Metrics;
import org.apache.kafka.common.network.ChannelBuilder;
import org.apache.kafka.common.network.ChannelBuilders;
import org.apache.kafka.common.requests.ApiVersionsResponse;
import org.apache.kafka.common.security.auth.SecurityProtocol;
import org.apache.kafka.common.security.authenticator.CredentialCache;
import org.apache.kafka.common.security.token.delegation.internals.DelegationTokenCache;
import org.apache.kafka.common.utils.LogContext;
import org.apache.kafka.common.utils.Time;

/**
 * Serves Kafka's protocol on a node's listeners: an {@link Acceptor} and a few {@link NetworkLoop}s
 * for each, one {@link RequestMemory} for all.
 */
public final class NetworkServer implements AutoCloseable {

  private final NetworkParts parts;
  private final Function<Short, ApiVersionsResponse> apiVersions;
  private final List<NetworkLoop> loops = new ArrayList<>();
  private final List<Acceptor> acceptors = new ArrayList<>();

  private NetworkServer(
      List<? extends RequestHandler> handlers,
      Function<Short, ApiVersionsResponse> apiVersions,
      NetworkConfig config,
      MetricRegistry registry,
      Time time) {
    var apis = new ServedApis(handlers);
    var memory = new RequestMemory(config.requestMemoryBytes());
    var limits = new ConnectionLimits(config.maxConnections(), config.maxConnectionsPerIp());
    var metrics = new NetworkMetrics(registry, apis, memory, limits);
    this.parts = new NetworkParts(config, apis, memory, limits, metrics, new Metrics(time), time);
    this.apiVersions = apiVersions;
  }

  /**
   * Starts to accept connections and to handle their requests.
   *
   * @param sockets bound listeners; closed with the server
   * @param handlers one for each API served
   * @param apiVersions what a client is told that asks in this version before it is authenticated
   */
  public static NetworkServer start(
      ListeningSockets sockets,
      List<? extends RequestHandler> handlers,
      Function<Short, ApiVersionsResponse> apiVersions,
      NetworkConfig config,
      MetricRegistry registry,
      Time time) {
    var server = new NetworkServer(handlers, apiVersions, config, registry, time);
    sockets.sockets().forEach(server::serve);
    server.loops.forEach(NetworkLoop::start);
    server.acceptors.forEach(Acceptor::start);
    return server;
  }

  /** Memory that requests in flight hold. */
  public long requestMemoryBytes() {
    return parts.memory().bytesInUse();
  }

  /**
   * Accepts nothing more, finishes what is in flight for as long as {@link NetworkConfig#drain}
   * allows, then closes all connections. What handlers answer later is dropped and what it lent is
   * given back.
   */
  @Override
  public void close() {
    boolean interrupted = false;
    try {
      for (var acceptor : acceptors) {
        acceptor.stop();
      }
      loops.forEach(loop -> loop.stopWithin(parts.config().drain()));
      for (var loop : loops) {
        loop.join();
      }
    } catch (InterruptedException e) {
      interrupted = true;
    }
    parts.selectorMetrics().close();
    parts.metrics().unregister();
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }

  private void serve(Listener listener, ServerSocketChannel socket) {
    var own = new ArrayList<NetworkLoop>();
    for (int i = 0; i < parts.config().threads(); i++) {
      own.add(new NetworkLoop(loops.size() + i, listener, channels(listener), parts));
    }
    loops.addAll(own);
    acceptors.add(new Acceptor(listener, socket, List.copyOf(own), parts));
  }

  private ChannelBuilder channels(Listener listener) {
    var keys = parts.config().channels();
    if (listener.protocol() == SecurityProtocol.PLAINTEXT) {
      var channels = new BoundedReads(listener.name());
      channels.configure(keys.valuesWithPrefixOverride(listener.name().configPrefix()));
      return channels;
    }
    return ChannelBuilders.serverChannelBuilder(
        listener.name(),
        false,
        listener.protocol(),
        keys,
        new CredentialCache(),
        new DelegationTokenCache(List.of()),
        parts.time(),
        new LogContext("[" + listener.name().value() + "] "),
        apiVersions);
  }
}
