package dev.flotilla.storage.mmap;

import java.nio.ByteBuffer;

/**
 * The lookup rows of the segment that is written to, on the heap. One thread adds; any thread reads
 * {@link #lookup()}.
 */
final class GrowingLookup {

  private final int origin;

  /** Written by the adding thread after the row's bytes, read by all: it publishes them. */
  private volatile Lookup lookup;

  /** From here on the next frame gets a row. */
  private int nextRowPosition;

  GrowingLookup(int origin, Lookup known) {
    this.origin = origin;
    this.lookup = known;
    if (known.count() > 0) {
      nextRowPosition = known.row(known.count() - 1).position() + Lookup.INTERVAL_BYTES;
    } else {
      nextRowPosition = Lookup.INTERVAL_BYTES;
    }
  }

  Lookup lookup() {
    return lookup;
  }

  /** Takes note of where a frame begins. */
  void pass(ChainPoint point) {
    if (point.position() >= nextRowPosition) {
      add(point);
      nextRowPosition = point.position() + Lookup.INTERVAL_BYTES;
    }
  }

  private void add(ChainPoint point) {
    Lookup present = lookup;
    int used = present.count() * Lookup.ROW_BYTES;
    ByteBuffer rows = present.rows();
    if (used + Lookup.ROW_BYTES > rows.capacity()) {
      ByteBuffer larger = ByteBuffer.allocate(Math.max(16 * Lookup.ROW_BYTES, 2 * used));
      larger.put(0, rows, 0, used);
      rows = larger;
    }
    Lookup.write(rows.duplicate().position(used), point, origin);
    lookup = new Lookup(rows, present.count() + 1);
  }

  /** The bytes of the rows from one on, to be appended to the lookup file. */
  ByteBuffer bytesFrom(int row) {
    Lookup present = lookup;
    int from = row * Lookup.ROW_BYTES;
    return present.rows().slice(from, present.count() * Lookup.ROW_BYTES - from);
  }
}
