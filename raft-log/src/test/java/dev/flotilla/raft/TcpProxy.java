package dev.flotilla.raft;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/** A stretch of network before one port of this machine, which can be cut and can be broken. */
final class TcpProxy implements AutoCloseable {

  private final int target;
  private final int port;
  private final Set<Socket> sockets = ConcurrentHashMap.newKeySet();

  // Guarded by this object.
  private boolean cut;
  private @Nullable ServerSocket listening;
  private @Nullable Thread accepting;

  TcpProxy(int target) throws IOException {
    this.target = target;
    this.port = TestNodes.freePort();
    mend();
  }

  int port() {
    return port;
  }

  /** Nothing gets through any more, and nobody is told: as if a cable were pulled. */
  synchronized void cut() {
    cut = true;
  }

  /** What was sent meanwhile arrives, and all that comes later. */
  synchronized void heal() {
    cut = false;
    notifyAll();
  }

  /** Connections break and new ones are refused: as if the process behind the port had ended. */
  synchronized void breakDown() throws IOException {
    if (listening != null && accepting != null) {
      listening.close();
      listening = null;
      // The port is given back when nobody waits at it any more.
      try {
        accepting.join();
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      }
    }
    for (Socket socket : sockets) {
      socket.close();
    }
    sockets.clear();
  }

  /** Takes connections again. */
  synchronized void mend() throws IOException {
    ServerSocket opened = new ServerSocket();
    opened.setReuseAddress(true);
    opened.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), port));
    listening = opened;
    accepting = Thread.ofVirtual().start(() -> accept(opened));
  }

  private void accept(ServerSocket from) {
    while (!from.isClosed()) {
      try {
        Socket near = from.accept();
        Thread.ofVirtual().start(() -> connect(near));
      } catch (IOException e) {
        // Closed, or a connection that was given up: the loop finds out.
      }
    }
  }

  private void connect(Socket near) {
    try {
      Socket far = new Socket(InetAddress.getLoopbackAddress(), target);
      synchronized (this) {
        sockets.add(near);
        sockets.add(far);
        if (listening == null) {
          near.close();
          far.close();
        }
      }
      Thread.ofVirtual().start(() -> pump(near, far));
      Thread.ofVirtual().start(() -> pump(far, near));
    } catch (IOException e) {
      closeQuietly(near);
    }
  }

  private void pump(Socket from, Socket to) {
    byte[] buffer = new byte[1 << 16];
    try {
      InputStream in = from.getInputStream();
      OutputStream out = to.getOutputStream();
      int read = in.read(buffer);
      while (read >= 0) {
        awaitOpen();
        out.write(buffer, 0, read);
        read = in.read(buffer);
      }
    } catch (IOException e) {
      // One side hung up; the other is told below.
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    closeQuietly(from);
    closeQuietly(to);
    sockets.remove(from);
    sockets.remove(to);
  }

  private synchronized void awaitOpen() throws InterruptedException {
    while (cut) {
      wait();
    }
  }

  private static void closeQuietly(Socket socket) {
    try {
      socket.close();
    } catch (IOException e) {
      // It is gone either way.
    }
  }

  @Override
  public void close() throws IOException {
    heal();
    breakDown();
  }
}
