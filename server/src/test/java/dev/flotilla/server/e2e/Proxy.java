package dev.flotilla.server.e2e;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/** Forwards the connections to one port of a node, as far as the links let them. */
final class Proxy implements AutoCloseable {

  private final Links links;
  private final int node;
  private final int port;
  private final ServerSocket server;
  private final Set<Socket> sockets = ConcurrentHashMap.newKeySet();

  /** Listens on a loopback address, and forwards to the same port at 127.0.0.1. */
  Proxy(Links links, int node, String host, int port) throws IOException {
    this.links = links;
    this.node = node;
    this.port = port;
    this.server = new ServerSocket();
    server.bind(new InetSocketAddress(InetAddress.ofLiteral(host), port));
    Thread.ofPlatform().daemon().name("proxy-" + node).start(this::accept);
  }

  private void accept() {
    while (!server.isClosed()) {
      try {
        Socket from = server.accept();
        sockets.add(from);
        Thread.ofVirtual().start(() -> connect(from));
      } catch (IOException e) {
        // Closed, or the other end gave up.
      }
    }
  }

  private void connect(Socket from) {
    Socket to = new Socket();
    try {
      int source = links.nodeOf(from.getPort(), port);
      links.awaitOpen(source, node);
      links.awaitOpen(node, source);
      sockets.add(to);
      to.connect(new InetSocketAddress(InetAddress.ofLiteral("127.0.0.1"), port), 5_000);
      to.setTcpNoDelay(true);
      from.setTcpNoDelay(true);
      Thread.ofVirtual().start(() -> pump(from, to, source, node));
      pump(to, from, node, source);
    } catch (IOException e) {
      // As a node that is not there.
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } finally {
      end(from);
      end(to);
    }
  }

  private void pump(Socket from, Socket to, int source, int target) {
    byte[] buffer = new byte[64 << 10];
    try {
      InputStream in = from.getInputStream();
      OutputStream out = to.getOutputStream();
      for (int read = in.read(buffer); read >= 0; read = in.read(buffer)) {
        links.awaitOpen(source, target);
        out.write(buffer, 0, read);
      }
    } catch (IOException e) {
      // Both ends are closed below.
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } finally {
      try {
        // That a node is gone is no news on the other side of a cut, either.
        links.awaitOpen(source, target);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      }
      end(from);
      end(to);
    }
  }

  private void end(Socket socket) {
    sockets.remove(socket);
    try {
      socket.close();
    } catch (IOException e) {
      // It is of no use any more, whatever this says.
    }
  }

  @Override
  public void close() {
    try {
      server.close();
    } catch (IOException e) {
      // Nobody waits for it.
    }
    sockets.forEach(this::end);
  }
}
