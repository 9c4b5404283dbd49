package dev.flotilla.storage.mmap;

import java.nio.ByteBuffer;

/**
 * Numbers in as few bytes as they need: seven bits in each, the lowest first; the top bit says that
 * another byte follows. Negative numbers take few bytes too: 0, -1, 1, -2, … are written as 0, 1,
 * 2, 3, …, so that one byte is enough from -64 to 63.
 */
final class Varint {

  /** What an int that is not negative takes at most. */
  static final int MOST_INT_BYTES = 5;

  private static final int MOST_BYTES = 10;

  private Varint() {}

  /** Writes a number at the target's position. */
  static void put(ByteBuffer target, long value) {
    long rest = (value << 1) ^ (value >> 63);
    while ((rest & ~0x7FL) != 0) {
      target.put((byte) (rest | 0x80));
      rest >>>= 7;
    }
    target.put((byte) rest);
  }

  /** The number at a place of the source; absolute access only. */
  static long get(ByteBuffer source, int at) {
    byte next = source.get(at);
    long bits = next & 0x7F;
    for (int i = 1; next < 0 && i < MOST_BYTES; i++) {
      next = source.get(at + i);
      bits |= (next & 0x7FL) << (7 * i);
    }
    return (bits >>> 1) ^ -(bits & 1);
  }

  /**
   * How many bytes the number at a place of the source takes, one more than the most if it takes
   * more; looks at no byte behind them.
   */
  static int length(ByteBuffer source, int at, int mostBytes) {
    int length = 1;
    while (length <= mostBytes && source.get(at + length - 1) < 0) {
      length++;
    }
    return length;
  }
}
