package dev.flotilla.raft;

import dev.flotilla.storage.EntryHeader;
import java.nio.ByteBuffer;

/** A partition's state for tests: how many entries and offsets were applied. */
final class CountingState implements PartitionState {

  /** Written by the applying thread, read by tests. */
  volatile long entries;

  volatile long offsets;

  /** Whether the next entry cannot be applied. Written by tests, read by the applying thread. */
  volatile boolean failing;

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
  public void apply(EntryHeader header) {
    if (failing) {
      throw new IllegalStateException("cannot be applied, as asked");
    }
    long moreEntries = entries + 1;
    long moreOffsets = offsets + header.offsetSpan();
    entries = moreEntries;
    offsets = moreOffsets;
  }

  @Override
  public ByteBuffer snapshot() {
    return ByteBuffer.allocate(16).putLong(entries).putLong(offsets).flip();
  }

  @Override
  public void restore(ByteBuffer snapshot) {
    if (!snapshot.hasRemaining()) {
      entries = 0;
      offsets = 0;
      return;
    }
    if (snapshot.remaining() != 16) {
      throw new IllegalArgumentException("a snapshot of " + snapshot.remaining() + " bytes");
    }
    ByteBuffer bytes = snapshot.duplicate();
    entries = bytes.getLong();
    offsets = bytes.getLong();
  }
}
