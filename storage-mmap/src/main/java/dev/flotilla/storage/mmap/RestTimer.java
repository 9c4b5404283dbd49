package dev.flotilla.storage.mmap;

import java.time.Duration;

/**
 * Says when a log has been without a turn for a while. One timer runs for a log at most, however
 * often it is written to. Used under the monitor of the log's queue.
 */
final class RestTimer {

  private final Flushers flushers;
  private final Duration after;

  /** To be run when the timer ends; takes the queue's monitor. */
  private final Runnable ended;

  private boolean running;

  /** When the last turn ended, in nanoTime. */
  private long lastTurn;

  RestTimer(Flushers flushers, Duration after, Runnable ended) {
    this.flushers = flushers;
    this.after = after;
    this.ended = ended;
  }

  /** A turn has ended. */
  void turned() {
    lastTurn = System.nanoTime();
  }

  void start() {
    if (!running) {
      start(after);
    }
  }

  private void start(Duration delay) {
    running = true;
    flushers.later(ended, delay);
  }

  /** The timer has ended. */
  void stopped() {
    running = false;
  }

  /** Whether the log has been at rest for long enough; if not, the timer runs for what is left. */
  boolean isRested() {
    Duration rested = Duration.ofNanos(System.nanoTime() - lastTurn);
    if (rested.compareTo(after) < 0) {
      start(after.minus(rested));
      return false;
    }
    return true;
  }
}
