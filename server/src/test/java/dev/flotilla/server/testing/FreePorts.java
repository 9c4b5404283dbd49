package dev.flotilla.server.testing;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.util.concurrent.ThreadLocalRandom;

/**
 * Ports that a test may name before it listens at them, and again after it stopped. They lie below
 * those that systems give to outgoing connections: nobody takes one while its node is down.
 */
public final class FreePorts {

  private static final int FIRST = 12_000;
  private static final int END = 32_000;

  private FreePorts() {}

  /** The first of so many free ports in a row. */
  public static int next(int count) {
    while (true) {
      var first = ThreadLocalRandom.current().nextInt(FIRST, END - count);
      var port = first;
      while (port < first + count && isFree(port)) {
        port++;
      }
      if (port == first + count) {
        return first;
      }
    }
  }

  private static boolean isFree(int port) {
    try (var socket = new ServerSocket()) {
      socket.setReuseAddress(true);
      socket.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), port));
      return true;
    } catch (IOException e) {
      return false;
    }
  }
}
