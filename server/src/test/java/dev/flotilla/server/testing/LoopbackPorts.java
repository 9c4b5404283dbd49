package dev.flotilla.server.testing;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Ports for processes that are stopped and started again: below those that the system gives to
 * whoever connects somewhere, so that nobody takes one in the meantime.
 */
public final class LoopbackPorts {

  private static final int FIRST = 11_000;
  private static final int END = 31_000;
  private static final AtomicInteger NEXT =
      new AtomicInteger(ThreadLocalRandom.current().nextInt(FIRST, END));

  private LoopbackPorts() {}

  /** The first of some free ports in a row. */
  public static int next(int count) {
    while (true) {
      int port = NEXT.getAndAdd(count);
      if (port + count > END) {
        NEXT.set(FIRST);
      } else if (areFree(port, count)) {
        return port;
      }
    }
  }

  private static boolean areFree(int port, int count) {
    for (int i = 0; i < count; i++) {
      try (ServerSocket socket = new ServerSocket()) {
        socket.bind(new InetSocketAddress(InetAddress.ofLiteral("127.0.0.1"), port + i));
      } catch (IOException e) {
        return false;
      }
    }
    return true;
  }
}
