package dev.flotilla.server.forming;

import java.time.Duration;
import java.util.function.BooleanSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Asks other nodes for something, on a virtual thread of its own, until that is done or this is
 * closed. Nothing tells when a node that was down, or was not ready, can be asked again; so it is
 * asked after each pause.
 */
final class UntilDone implements AutoCloseable {

  private static final Logger LOG = LoggerFactory.getLogger(UntilDone.class);

  private static final Duration PAUSE = Duration.ofMillis(250);

  private final String name;
  private final BooleanSupplier attempt;
  private final Thread thread;

  /** An exception is told of once, not four times a second. Belongs to the thread. */
  private boolean complained;

  /**
   * Begins at once.
   *
   * @param attempt returns whether it is done; what throws an exception is not, and tried again
   */
  UntilDone(String name, BooleanSupplier attempt) {
    this.name = name;
    this.attempt = attempt;
    this.thread = Thread.ofVirtual().name(name).start(this::run);
  }

  private void run() {
    try {
      while (!isDone()) {
        Thread.sleep(PAUSE);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private boolean isDone() {
    try {
      return attempt.getAsBoolean();
    } catch (RuntimeException e) {
      if (!complained) {
        LOG.error("{} failed and is tried again until it is done", name, e);
        complained = true;
      }
      return false;
    }
  }

  /** Interrupts it, and does not wait for its end. */
  @Override
  public void close() {
    thread.interrupt();
  }
}
