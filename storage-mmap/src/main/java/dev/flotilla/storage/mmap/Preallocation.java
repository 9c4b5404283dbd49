package dev.flotilla.storage.mmap;

/**
 * How the file of a segment grows ahead of its frames: each step is as long as the file so far,
 * within bounds.
 *
 * @param maxStepBytes the longest step
 * @param written whether a step's zeros are really written. A sync of an append then changes no
 *     metadata, which halves its cost. Where appends are not synced a step is a hole: nothing is
 *     gained by writing each byte twice
 */
record Preallocation(int maxStepBytes, boolean written) {

  /** The first step, and what an empty log takes. */
  static final int FIRST_STEP_BYTES = 64 << 10;

  /** For a file that does not grow. */
  static final Preallocation NONE = new Preallocation(FIRST_STEP_BYTES, false);

  /** The next size of a file that is to hold more than it can. */
  int sizeBehind(int size, int needed) {
    int step = Math.clamp(size, FIRST_STEP_BYTES, maxStepBytes);
    return Math.ceilDiv(Math.max(needed, size + step), FIRST_STEP_BYTES) * FIRST_STEP_BYTES;
  }
}
