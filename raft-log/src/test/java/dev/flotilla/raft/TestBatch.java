package dev.flotilla.raft;

import java.nio.ByteBuffer;

/**
 * A batch whose stored bytes say where it was put: base offset, leader epoch, its number, zeros.
 *
 * @param number tells batches apart; two of the same number are the same batch, sent twice
 */
record TestBatch(int number, int offsetSpan, int sizeBytes, long maxTimestampMs, Fate fate)
    implements AppendBatch {

  static final int MIN_BYTES = 16;

  /** What the partition's state thinks of it. */
  enum Fate {
    WELCOME,
    REFUSED,
    THROWS_AT_ADMISSION,
    THROWS_AT_WRITE
  }

  static TestBatch of(int number, int offsetSpan) {
    return new TestBatch(number, offsetSpan, 100, 1000 + number, Fate.WELCOME);
  }

  TestBatch withSize(int bytes) {
    return new TestBatch(number, offsetSpan, bytes, maxTimestampMs, fate);
  }

  TestBatch withFate(Fate other) {
    return new TestBatch(number, offsetSpan, sizeBytes, maxTimestampMs, other);
  }

  @Override
  public void writeTo(ByteBuffer target, long baseOffset, int leaderEpoch) {
    if (fate == Fate.THROWS_AT_WRITE) {
      throw new IllegalStateException("cannot be written");
    }
    target.putLong(baseOffset).putInt(leaderEpoch).putInt(number);
    target.put(new byte[sizeBytes - MIN_BYTES]);
  }
}
