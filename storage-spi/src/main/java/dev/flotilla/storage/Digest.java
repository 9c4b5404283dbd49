package dev.flotilla.storage;

import java.nio.ByteBuffer;
import java.util.zip.CRC32C;

/**
 * The running digest of a log: a function of every data payload as it was first appended, and of
 * the offsets it took. Two replicas that agree on it at an index hold the same records up to there.
 *
 * <p>{@code digest(i) = mix(digest(i - 1) + mix(index, base offset, span, CRC-32C and length of the
 * payload))}; entries without offsets leave it as it was. The mixing function is the finalizer of
 * SplitMix64 (Steele, Lea, Flood: Fast Splittable Pseudorandom Number Generators, 2014). It tells
 * apart what faults make of a log; it does not withstand somebody who wants a collision.
 */
public final class Digest {

  private Digest() {}

  /**
   * The digest after a data entry, from the one before it. Reads the payload with absolute access.
   */
  public static long next(
      long previous, long index, long baseOffset, int offsetSpan, ByteBuffer payload) {
    CRC32C crc = new CRC32C();
    crc.update(payload.duplicate());
    long entry = mix(index ^ mix(baseOffset + offsetSpan * 0x9E3779B97F4A7C15L));
    entry = mix(entry ^ (crc.getValue() << 32 | payload.remaining()));
    return mix(previous + entry);
  }

  private static long mix(long z) {
    z = (z ^ (z >>> 30)) * 0xBF58476D1CE4E5B9L;
    z = (z ^ (z >>> 27)) * 0x94D049BB133111EBL;
    return z ^ (z >>> 31);
  }
}
