package dev.flotilla.storage;

/**
 * The point just before a log's first entry.
 *
 * <p>Example: entries 0 to 9 in term 3 hold offsets 0 to 99 and are dropped. The base is {@code (9,
 * 3, 100, digest of entry 9)}; the first entry has index 10 and its records begin at offset 100.
 *
 * @param index index of the last entry that is not in the log any more, -1 if there was none
 * @param term that entry's term, 0 if there was none
 * @param offset where the first record of the log will be: the end offset of what was dropped
 * @param digest the running digest up to and including {@code index}, 0 if there was none
 */
public record LogBase(long index, long term, long offset, long digest) {

  /** The base of a log in which nothing was ever written. */
  public static final LogBase ORIGIN = new LogBase(-1, 0, 0, 0);

  public LogBase {
    if (index < -1 || term < 0 || offset < 0) {
      throw new IllegalArgumentException("base " + index + ", term " + term + ", offset " + offset);
    }
  }
}
