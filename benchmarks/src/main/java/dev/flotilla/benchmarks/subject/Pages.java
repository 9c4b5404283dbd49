package dev.flotilla.benchmarks.subject;

import java.nio.ByteBuffer;

/**
 * What every reader does with what it got: looks at one byte of each page. Not safe for threads.
 */
final class Pages {

  private static final int PAGE_BYTES = 4096;

  /** Depends on all that was seen, so that looking is not compiled away. */
  private long sum;

  /** Touches a buffer from position to limit. */
  void touch(ByteBuffer bytes) {
    for (int at = bytes.position(); at < bytes.limit(); at += PAGE_BYTES) {
      sum += bytes.get(at);
    }
  }

  /** The sum of the bytes seen. */
  long sum() {
    return sum;
  }
}
