package dev.flotilla.server.network;

import java.net.InetAddress;
import java.util.HashMap;
import java.util.Map;

/**
 * How many connections are open, in all and from one address. Any thread may call.
 *
 * <p>As in Kafka, one too many from one address is refused, one too many in all waits.
 */
final class ConnectionLimits {

  private final int max;
  private final int maxPerAddress;

  // Guarded by this.
  private final Map<InetAddress, Integer> byAddress = new HashMap<>();
  private int open;

  ConnectionLimits(int max, int maxPerAddress) {
    this.max = max;
    this.maxPerAddress = maxPerAddress;
  }

  /**
   * Counts a connection in once there is room for it.
   *
   * @return false if its address has as many as it may have; it is not counted then
   */
  synchronized boolean admit(InetAddress address) throws InterruptedException {
    // Asked again after each wait: other listeners admit connections meanwhile.
    while (byAddress.getOrDefault(address, 0) < maxPerAddress) {
      if (open < max) {
        count(address);
        return true;
      }
      wait();
    }
    return false;
  }

  private void count(InetAddress address) {
    byAddress.merge(address, 1, Integer::sum);
    open++;
  }

  /** Counts out a connection that was admitted. */
  synchronized void release(InetAddress address) {
    byAddress.computeIfPresent(address, (key, count) -> count == 1 ? null : count - 1);
    open--;
    notifyAll();
  }

  synchronized int open() {
    return open;
  }
}
