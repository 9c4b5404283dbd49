package dev.flotilla.server.forming;

import java.time.Duration;
import java.util.function.BooleanSupplier;

/**
 * Asks other nodes for something, on a virtual thread of its own, until that is done or this is
 * closed. Nothing tells when a node that was down, or was not ready, can be asked again; so it is
 * asked after each pause.
 */
final class UntilDone implements AutoCloseable {

  private static final Duration PAUSE = Duration.ofMillis(250);

  private final BooleanSupplier attempt;
  private final Thread thread;

  /**
   * Begins at once.
   *
   * @param attempt returns whether it is done
   */
  UntilDone(String name, BooleanSupplier attempt) {
    this.attempt = attempt;
    this.thread = Thread.ofVirtual().name(name).start(this::run);
  }

  private void run() {
    try {
      while (!attempt.getAsBoolean()) {
        Thread.sleep(PAUSE);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /** Interrupts it, and does not wait for its end. */
  @Override
  public void close() {
    thread.interrupt();
  }
}
