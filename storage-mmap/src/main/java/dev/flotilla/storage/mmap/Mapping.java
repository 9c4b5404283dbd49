package dev.flotilla.storage.mmap;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * A mapped segment file with its users counted. It is unmapped by whoever releases it last: the
 * segment, which is its first user, a reader, or a slice that is still lent. Safe for all threads.
 */
final class Mapping {

  private final Arena arena;
  private final MemorySegment memory;
  private final ByteBuffer bytes;
  private final Lookup lookup;

  /** Never rises from 0. */
  private final AtomicInteger users = new AtomicInteger(1);

  /**
   * A mapping with one user: the caller.
   *
   * @param arena what keeps the memory mapped; closed by the last user
   * @param lookup the rows of a sealed segment, which may lie in the arena too
   */
  Mapping(Arena arena, MemorySegment memory, Lookup lookup) {
    this.arena = arena;
    this.memory = memory;
    this.bytes = memory.asByteBuffer().asReadOnlyBuffer();
    this.lookup = lookup;
  }

  /** One user more; false if it is unmapped already. */
  boolean retain() {
    int present = users.get();
    while (present > 0) {
      if (users.compareAndSet(present, present + 1)) {
        return true;
      }
      present = users.get();
    }
    return false;
  }

  void release() {
    if (users.decrementAndGet() == 0) {
      arena.close();
    }
  }

  /** The mapped bytes; for absolute access, and only to what {@link #populate} has brought in. */
  ByteBuffer bytes() {
    return bytes;
  }

  int size() {
    return bytes.capacity();
  }

  /** The rows of a sealed segment. */
  Lookup lookup() {
    return lookup;
  }

  /** Brings bytes into memory; false if they cannot be read. */
  boolean populate(int from, int to) {
    return PageIn.populate(memory, from, to);
  }
}
