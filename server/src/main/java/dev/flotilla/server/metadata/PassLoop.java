package dev.flotilla.server.metadata;

import java.time.Duration;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;

/**
 * Makes something follow what is known, on a virtual thread of its own: one pass after each piece
 * of news, and again after a pause as long as a pass leaves something undone.
 */
public final class PassLoop implements AutoCloseable {

  private static final Duration RETRY = Duration.ofSeconds(1);

  private final Pass pass;

  /** Given when there may be something to do; several are taken as one. */
  private final Semaphore news = new Semaphore(0);

  private final Thread thread;

  /** Written by whoever closes, read by the thread. */
  private volatile boolean closed;

  /** Looks at what is known and does what follows from it. */
  @FunctionalInterface
  public interface Pass {
    /** Returns whether nothing is left to do until there is news. */
    boolean run();
  }

  /** Waits for the first news. What happened before it was told is seen by the pass. */
  public PassLoop(String name, Pass pass) {
    this.pass = pass;
    this.thread = Thread.ofVirtual().name(name).start(this::run);
  }

  /** There may be something to do. Any thread may call; returns at once. */
  public void news() {
    news.release();
  }

  private void run() {
    var settled = true;
    try {
      while (!closed) {
        if (settled) {
          news.acquire();
        } else {
          var _ = news.tryAcquire(RETRY.toMillis(), TimeUnit.MILLISECONDS);
        }
        news.drainPermits();
        settled = closed || pass.run();
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /** Stops after the present pass. */
  @Override
  public void close() {
    closed = true;
    news.release();
    try {
      thread.join();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
