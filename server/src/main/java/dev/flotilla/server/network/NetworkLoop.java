package dev.flotilla.server.network;

import java.io.IOException;
import java.nio.channels.SocketChannel;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.function.BooleanSupplier;
import org.apache.kafka.common.network.ChannelBuilder;
import org.apache.kafka.common.network.KafkaChannel;
import org.apache.kafka.common.network.NetworkReceive;
import org.apache.kafka.common.network.Selector;
import org.apache.kafka.common.network.ServerConnectionId;
import org.apache.kafka.common.utils.LogContext;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Moves bytes between sockets and {@link Connection}s, on one platform thread that owns one
 * selector. It never waits for anything but sockets.
 *
 * <p>Only {@link #take}, {@link #stopWithin} and what connections announce come from other threads:
 * they leave a note and wake the selector. Everything else is confined to the loop's thread, and so
 * is every call of the selector.
 *
 * <p>Not here yet: re-authentication. Kafka's authenticator writes its answers to the socket
 * itself, so the frame of a SaslHandshake must mute its connection and wait until the last byte of
 * every earlier answer is sent.
 */
final class NetworkLoop implements Runnable {

  private static final Logger log = LoggerFactory.getLogger(NetworkLoop.class);

  private static final int CONNECTIONS_TO_REGISTER = 64;
  private static final int FAILED_AUTHENTICATION_DELAY_MS = 100;
  private static final long SWEEP_MS = 1_000;
  private static final long NOT_STOPPED = Long.MAX_VALUE;

  private final int id;
  private final Listener listener;
  private final NetworkParts parts;
  private final Selector selector;
  private final Thread thread;

  private final BlockingQueue<SocketChannel> accepted =
      new ArrayBlockingQueue<>(CONNECTIONS_TO_REGISTER);
  private final Queue<Connection> answered = new ConcurrentLinkedQueue<>();

  // When to give up what is in flight. Written once by whoever stops the loop, read by the loop.
  private volatile long stopAtMs = NOT_STOPPED;

  private final Map<String, LoopConnection> connections = new HashMap<>();
  private int connectionsSoFar;
  private boolean stopping;
  private long nextSweepMs;

  NetworkLoop(int id, Listener listener, ChannelBuilder channels, NetworkParts parts) {
    this.id = id;
    this.listener = listener;
    this.parts = parts;
    var config = parts.config();
    this.selector =
        new Selector(
            config.maxFrameBytes(),
            config.maxIdle().toMillis(),
            FAILED_AUTHENTICATION_DELAY_MS,
            parts.selectorMetrics(),
            parts.time(),
            "network-loop",
            Map.of("loop", Integer.toString(id)),
            false,
            false,
            channels,
            parts.memory().forLoop(this::wakeup),
            new LogContext("[network-" + id + "] "));
    this.thread = Thread.ofPlatform().name("network-" + id).unstarted(this);
  }

  void start() {
    thread.start();
  }

  /** Serves a connection that {@link ConnectionLimits} admitted; waits while many are waiting. */
  void take(SocketChannel client) throws InterruptedException {
    accepted.put(client);
    selector.wakeup();
  }

  /** Takes no further requests and ends when those in flight are answered, or after this time. */
  void stopWithin(Duration drain) {
    stopAtMs = parts.time().milliseconds() + drain.toMillis();
    selector.wakeup();
  }

  void join() throws InterruptedException {
    thread.join();
  }

  @Override
  public void run() {
    try {
      while (!isStopped()) {
        try {
          turn();
        } catch (IOException | RuntimeException | OutOfMemoryError e) {
          log.error("Network loop {} goes on after a failure", id, e);
        }
      }
    } finally {
      List.copyOf(connections.values()).forEach(this::close);
      register();
      List.copyOf(connections.values()).forEach(this::close);
      selector.close();
    }
  }

  private void turn() throws IOException {
    register();
    for (var next = answered.poll(); next != null; next = answered.poll()) {
      var connection = connections.get(next.id());
      if (connection != null) {
        guard(connection, connection::pump);
      }
    }
    stopIdle();
    if (isStopped()) {
      // Nothing would wake it: whoever stopped it did so before the turn that closed the last.
      return;
    }
    try {
      long pollMs = parts.config().poll().toMillis();
      selector.poll(Math.clamp(stopAtMs - parts.time().milliseconds(), 0, pollMs));
    } finally {
      // Also what arrived before a poll failed: the selector shows it once.
      polled();
    }
    sweep();
  }

  private void polled() {
    selector.completedReceives().forEach(this::received);
    for (var send : selector.completedSends()) {
      var connection = connections.get(send.destinationId());
      if (connection != null) {
        guard(connection, () -> connection.sent(send));
      }
    }
    for (var gone : selector.disconnected().keySet()) {
      var connection = connections.remove(gone);
      if (connection != null) {
        parts.limits().release(connection.address());
        connection.disconnected();
      }
    }
  }

  private void register() {
    for (var client = accepted.poll(); client != null; client = accepted.poll()) {
      var socket = client.socket();
      var address = socket.getInetAddress();
      var name = ServerConnectionId.generateConnectionId(socket, id, connectionsSoFar++);
      try {
        selector.register(name, client);
        var connection = new Connection(name, this::announce);
        connections.put(name, new LoopConnection(connection, address, listener, selector, parts));
      } catch (IOException | RuntimeException e) {
        log.warn("A connection of {} cannot be served", address, e);
        parts.limits().release(address);
        closeQuietly(client);
      }
    }
  }

  /** A connection's handling went on; called on any thread. */
  private void announce(Connection connection) {
    answered.add(connection);
    wakeup();
  }

  private void wakeup() {
    if (Thread.currentThread() != thread) {
      selector.wakeup();
    }
  }

  private void received(NetworkReceive frame) {
    var connection = connections.get(frame.source());
    var channel = channel(frame.source());
    if (connection == null || channel == null) {
      closeQuietly(frame);
      return;
    }
    if (channel.serverAuthenticationSessionExpired(parts.time().nanoseconds())) {
      closeQuietly(frame);
      close(connection);
      return;
    }
    guard(
        connection,
        () -> {
          connection.received(frame, channel);
          return true;
        });
  }

  private @Nullable KafkaChannel channel(String name) {
    var open = selector.channel(name);
    return open != null ? open : selector.closingChannel(name);
  }

  /** Closes connections that hold memory others wait for, and send nothing. */
  private void sweep() {
    long nowMs = parts.time().milliseconds();
    if (nowMs < nextSweepMs) {
      return;
    }
    nextSweepMs = nowMs + SWEEP_MS;
    boolean awaited = parts.memory().isAwaited();
    for (var connection : List.copyOf(connections.values())) {
      var channel = selector.channel(connection.id());
      var current = channel == null ? null : channel.currentReceive();
      if (connection.isStalled(current, nowMs) && awaited) {
        log.info("Closing {}: memory is short and its request does not arrive", connection.id());
        close(connection);
      }
    }
  }

  private void stopIdle() {
    if (stopAtMs == NOT_STOPPED) {
      return;
    }
    if (!stopping) {
      stopping = true;
      connections.values().forEach(connection -> connection.mute(MuteReason.STOPPING));
    }
    List.copyOf(connections.values()).stream().filter(LoopConnection::isIdle).forEach(this::close);
  }

  private boolean isStopped() {
    return stopAtMs != NOT_STOPPED
        && ((stopping && connections.isEmpty()) || parts.time().milliseconds() >= stopAtMs);
  }

  /** Whatever goes wrong with a connection costs that connection. */
  private void guard(LoopConnection connection, BooleanSupplier step) {
    boolean keep = false;
    try {
      keep = step.getAsBoolean();
    } catch (RuntimeException | OutOfMemoryError e) {
      log.error("Closing {} after a failure", connection.id(), e);
    }
    if (!keep) {
      close(connection);
    }
  }

  private void close(LoopConnection connection) {
    // The selector tells nobody of channels that are closed on request.
    if (connections.remove(connection.id(), connection)) {
      selector.close(connection.id());
      parts.limits().release(connection.address());
      parts.metrics().closedByNode();
      connection.closed();
    }
  }

  private static void closeQuietly(AutoCloseable closeable) {
    try {
      closeable.close();
    } catch (Exception e) {
      log.debug("Closing failed", e);
    }
  }
}
