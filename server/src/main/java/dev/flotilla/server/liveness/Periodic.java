package dev.flotilla.server.liveness;

import java.time.Duration;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Does something again and again, with a pause between, on a virtual thread of its own: for what
 * the mere passing of time makes due. Ends when it is closed, by interrupt, and never by itself.
 */
public final class Periodic implements AutoCloseable {

  private static final Logger LOG = LoggerFactory.getLogger(Periodic.class);

  private final String name;
  private final Duration pause;
  private final Task task;
  private final Thread thread;

  /** What is done; an exception or error is logged, and it is done again. */
  @FunctionalInterface
  public interface Task {
    void run() throws InterruptedException;
  }

  /** Begins with a pause. */
  public Periodic(String name, Duration pause, Task task) {
    this.name = name;
    this.pause = pause;
    this.task = task;
    this.thread = Thread.ofVirtual().name(name).start(this::run);
  }

  private void run() {
    try {
      while (!Thread.interrupted()) {
        Thread.sleep(pause);
        runOnce();
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private void runOnce() throws InterruptedException {
    try {
      task.run();
    } catch (RuntimeException | Error e) {
      LOG.error("{} failed and is tried again", name, e);
    }
  }

  /** Interrupts it; returns when it is over. */
  @Override
  public void close() {
    thread.interrupt();
    try {
      thread.join();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
