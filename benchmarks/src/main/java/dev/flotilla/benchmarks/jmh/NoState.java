package dev.flotilla.benchmarks.jmh;

import dev.flotilla.raft.AppendBatch;
import dev.flotilla.raft.PartitionState;
import dev.flotilla.storage.EntryHeader;
import java.nio.ByteBuffer;

/** Accepts every batch and remembers nothing. */
final class NoState implements PartitionState {

  @Override
  public Admission newEntry(long baseOffset, int term, long appendTimeMs) {
    return new Admission() {
      @Override
      public Decision admit(AppendBatch batch, long batchBaseOffset) {
        return new Decision.Accept();
      }

      @Override
      public ByteBuffer attributes() {
        return ByteBuffer.allocate(0);
      }
    };
  }

  @Override
  public void apply(EntryHeader header) {}

  @Override
  public ByteBuffer snapshot() {
    return ByteBuffer.allocate(0);
  }

  @Override
  public void restore(ByteBuffer snapshot) {}
}
