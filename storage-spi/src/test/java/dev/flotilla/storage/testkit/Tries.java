package dev.flotilla.storage.testkit;

import java.util.function.LongConsumer;

/**
 * How often random tests try: little in everyday builds, more with {@code -Dflotilla.tests=long},
 * and as many times that as {@code -Dflotilla.tests.times} says, for a night.
 */
final class Tries {

  private Tries() {}

  /** Whether the system property {@code flotilla.tests} asks for the long run. */
  static boolean isLong() {
    return "long".equals(System.getProperty("flotilla.tests"));
  }

  static int of(int everyday, int longRun) {
    return isLong() ? longRun * Integer.getInteger("flotilla.tests.times", 1) : everyday;
  }

  /** Runs a test with as many seeds; a failure names the seed that it came from. */
  static void withSeeds(int everyday, int longRun, LongConsumer test) {
    Long only = Long.getLong("flotilla.seed");
    long first = only == null ? System.nanoTime() : only;
    int count = only == null ? of(everyday, longRun) : 1;
    for (int i = 0; i < count; i++) {
      long seed = first + i;
      try {
        test.accept(seed);
      } catch (RuntimeException | Error e) {
        throw new AssertionError("failed with -Dflotilla.seed=" + seed + ": " + e.getMessage(), e);
      }
    }
  }
}
