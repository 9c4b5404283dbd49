package dev.flotilla.server.network;

import java.io.IOException;
import java.net.BindException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.StandardSocketOptions;
import java.net.UnknownHostException;
import java.nio.channels.ServerSocketChannel;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Listeners that are bound and not yet served: ports are known before anything that tells them to
 * others is built. Connections made meanwhile wait in the system's backlog. Whoever binds closes,
 * unless a {@link NetworkServer} took them over.
 */
public final class ListeningSockets implements AutoCloseable {

  private final Map<Listener, ServerSocketChannel> sockets;

  private ListeningSockets(Map<Listener, ServerSocketChannel> sockets) {
    this.sockets = sockets;
  }

  /**
   * Binds all listeners or none.
   *
   * @throws IOException if one cannot be bound; its message names the listener
   */
  public static ListeningSockets bind(List<Listener> listeners, NetworkConfig config)
      throws IOException {
    var bound = new ListeningSockets(new LinkedHashMap<>());
    try {
      for (var listener : listeners) {
        bound.sockets.put(listener, bind(listener, config));
      }
    } catch (IOException | RuntimeException e) {
      bound.close();
      throw e;
    }
    return bound;
  }

  /**
   * The port a listener is bound to.
   *
   * @throws IllegalArgumentException if there is no listener of that name
   */
  public int port(String listenerName) {
    for (var entry : sockets.entrySet()) {
      if (entry.getKey().name().value().equals(listenerName)) {
        return entry.getValue().socket().getLocalPort();
      }
    }
    throw new IllegalArgumentException("no listener " + listenerName);
  }

  Map<Listener, ServerSocketChannel> sockets() {
    return Map.copyOf(sockets);
  }

  @Override
  public void close() throws IOException {
    for (var socket : sockets.values()) {
      socket.close();
    }
  }

  private static ServerSocketChannel bind(Listener listener, NetworkConfig config)
      throws IOException {
    var socket = ServerSocketChannel.open();
    try {
      if (config.receiveBufferBytes() > 0) {
        socket.setOption(StandardSocketOptions.SO_RCVBUF, config.receiveBufferBytes());
      }
      return socket.bind(address(listener), config.backlog());
    } catch (UnknownHostException e) {
      socket.close();
      throw failure("unknown host", listener, e);
    } catch (BindException e) {
      socket.close();
      throw failure(String.valueOf(e.getMessage()), listener, e);
    } catch (IOException | RuntimeException e) {
      socket.close();
      throw e;
    }
  }

  private static InetSocketAddress address(Listener listener) throws UnknownHostException {
    if (listener.host().isEmpty()) {
      return new InetSocketAddress(listener.port());
    }
    // Of a name with several addresses the first is bound, as Kafka does.
    return new InetSocketAddress(InetAddress.getAllByName(listener.host())[0], listener.port());
  }

  private static IOException failure(String reason, Listener listener, IOException cause) {
    return new IOException(
        "cannot listen on %s://%s:%d: %s"
            .formatted(listener.name().value(), listener.host(), listener.port(), reason),
        cause);
  }
}
