package dev.flotilla.benchmarks.jmh;

import dev.flotilla.raft.AppendBatch;
import java.nio.ByteBuffer;

/** A payload on its way into a replicated log, which gives it its offset and leader epoch. */
record StampedBatch(ByteBuffer payload) implements AppendBatch {

  private static final int LEADER_EPOCH_AT = 12;

  @Override
  public int offsetSpan() {
    return 1;
  }

  @Override
  public int sizeBytes() {
    return payload.remaining();
  }

  @Override
  public long maxTimestampMs() {
    return 1;
  }

  @Override
  public void writeTo(ByteBuffer target, long baseOffset, int leaderEpoch) {
    int start = target.position();
    target.put(payload.duplicate());
    target.putLong(start, baseOffset).putInt(start + LEADER_EPOCH_AT, leaderEpoch);
  }
}
