package dev.flotilla.server.testing;

import java.time.Duration;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;

/** Waits for what another thread brings about. */
public final class Await {

  private static final Duration DEADLINE = Duration.ofSeconds(60);
  private static final Duration PAUSE = Duration.ofMillis(1);

  private Await() {}

  /** Returns once a condition holds; fails when it does not within a minute. */
  public static void until(BooleanSupplier condition) {
    until(DEADLINE, "the condition", condition);
  }

  /**
   * The same with a deadline that fits what is waited for.
   *
   * @param what it is, for the failure
   */
  public static void until(Duration atMost, String what, BooleanSupplier condition) {
    long deadline = System.nanoTime() + atMost.toNanos();
    while (!condition.getAsBoolean()) {
      if (System.nanoTime() - deadline > 0) {
        throw new AssertionError(what + " did not hold within " + atMost);
      }
      LockSupport.parkNanos(PAUSE.toNanos());
    }
  }
}
