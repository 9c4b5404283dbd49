package dev.flotilla.raft;

import java.nio.ByteBuffer;

/**
 * A batch of records on its way into a log: validated, with relative offsets, waiting for its base
 * offset. Immutable.
 */
public interface AppendBatch {

  /** How many offsets it takes, at least one. */
  int offsetSpan();

  /** Bytes that {@link #writeTo} writes. */
  int sizeBytes();

  /** The largest timestamp of its records, in ms. */
  long maxTimestampMs();

  /**
   * Writes the batch as it will be stored, with base offset and leader epoch set, at the position.
   */
  void writeTo(ByteBuffer target, long baseOffset, int leaderEpoch);
}
