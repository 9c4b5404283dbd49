package dev.flotilla.server.forming;

import java.time.Duration;
import java.util.function.Consumer;
import java.util.function.LongSupplier;

/**
 * Tells the operator, in one line every few seconds, for whom a starting node waits. Who waits but
 * a moment says nothing. Used by one thread.
 */
public final class WaitingLine {

  private static final Duration FIRST = Duration.ofSeconds(1);
  private static final Duration EVERY = Duration.ofSeconds(5);

  private final int nodeId;
  private final Consumer<String> lines;
  private final LongSupplier nanoTime;
  private long next;

  /**
   * Begins to wait.
   *
   * @param lines takes each line
   */
  public WaitingLine(int nodeId, Consumer<String> lines, LongSupplier nanoTime) {
    this.nodeId = nodeId;
    this.lines = lines;
    this.nanoTime = nanoTime;
    this.next = nanoTime.getAsLong() + FIRST.toNanos();
  }

  /** It still waits, for this. */
  public void waitsFor(String what) {
    var now = nanoTime.getAsLong();
    if (now - next >= 0) {
      next = now + EVERY.toNanos();
      lines.accept("node " + nodeId + " waits for " + what);
    }
  }
}
