package dev.flotilla.server.network;

import java.io.IOException;
import java.net.StandardSocketOptions;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Accepts the connections of one listener, on a platform thread, and hands them to its loops in
 * turn. Owns the listening socket.
 */
final class Acceptor implements Runnable {

  private static final Logger log = LoggerFactory.getLogger(Acceptor.class);

  /** Out of file descriptors, most likely: waits for some to come back. */
  private static final long PAUSE_AFTER_FAILURE_MS = 100;

  private final ServerSocketChannel socket;
  private final List<NetworkLoop> loops;
  private final ConnectionLimits limits;
  private final NetworkMetrics metrics;
  private final int sendBufferBytes;
  private final Thread thread;

  Acceptor(
      Listener listener, ServerSocketChannel socket, List<NetworkLoop> loops, NetworkParts parts) {
    this.socket = socket;
    this.loops = loops;
    this.limits = parts.limits();
    this.metrics = parts.metrics();
    this.sendBufferBytes = parts.config().sendBufferBytes();
    this.thread = Thread.ofPlatform().name("acceptor-" + listener.name().value()).unstarted(this);
  }

  void start() {
    thread.start();
  }

  /** Accepts nothing more; returns when the listening socket is closed. */
  void stop() throws InterruptedException {
    // Closes the socket if the thread is accepting, ends its wait if it is not.
    thread.interrupt();
    thread.join();
  }

  @Override
  public void run() {
    int next = 0;
    try (socket) {
      while (!Thread.currentThread().isInterrupted()) {
        try {
          accept(loops.get(next++ % loops.size()));
        } catch (ClosedChannelException e) {
          return;
        } catch (IOException | RuntimeException | OutOfMemoryError e) {
          // Whatever it is costs this connection: a listener without its thread is deaf for good.
          log.error("Accepting a connection failed", e);
          TimeUnit.MILLISECONDS.sleep(PAUSE_AFTER_FAILURE_MS);
        }
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } catch (IOException e) {
      log.error("Closing a listening socket failed", e);
    }
  }

  private void accept(NetworkLoop loop) throws IOException, InterruptedException {
    var client = socket.accept();
    var address = client.socket().getInetAddress();
    boolean admitted = false;
    boolean taken = false;
    try {
      admitted = limits.admit(address);
      if (admitted) {
        configure(client);
        metrics.accepted();
        loop.take(client);
        taken = true;
      } else {
        metrics.refused();
        log.debug("Refused a connection of {}: it has too many", address);
      }
    } finally {
      if (!taken) {
        client.close();
        if (admitted) {
          limits.release(address);
        }
      }
    }
  }

  private void configure(SocketChannel client) throws IOException {
    client.configureBlocking(false);
    client.setOption(StandardSocketOptions.TCP_NODELAY, true);
    client.setOption(StandardSocketOptions.SO_KEEPALIVE, true);
    if (sendBufferBytes > 0) {
      client.setOption(StandardSocketOptions.SO_SNDBUF, sendBufferBytes);
    }
  }
}
