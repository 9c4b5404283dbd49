package dev.flotilla.storage.mmap;

import dev.flotilla.storage.BatchExtent;
import dev.flotilla.storage.EntryKind;
import dev.flotilla.storage.LogStore.FirstBatch;
import dev.flotilla.storage.Slice;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Gathers the batches of one read, entry by entry; consecutive batches of an entry are one buffer.
 * Keeps what it gathered from mapped until {@link #lend} hands it to a slice, or {@link #close}.
 */
final class BatchCollector implements AutoCloseable {

  private final long offset;
  private final long endOffset;
  private final int maxBytes;
  private final FirstBatch firstBatch;
  private final List<ByteBuffer> buffers = new ArrayList<>();
  private final List<Mapping> mappings = new ArrayList<>(1);

  /** Whose mapping was kept last. */
  private @Nullable FrameCursor lending;

  private int bytes;
  private boolean full;

  BatchCollector(long offset, long endOffset, int maxBytes, FirstBatch firstBatch) {
    this.offset = offset;
    this.endOffset = endOffset;
    this.maxBytes = maxBytes;
    this.firstBatch = firstBatch;
  }

  boolean wantsMore() {
    return !full;
  }

  void collect(FrameCursor cursor, Frame frame) {
    if (frame.baseOffset() >= endOffset) {
      full = true;
    } else if (frame.kind() == EntryKind.DATA.id() && frame.endOffset() > offset) {
      if (isWanted(frame)) {
        take(cursor, frame, 0, frame.payloadBytes());
      } else {
        collectBatches(cursor, frame);
      }
    }
  }

  /** Whether all of its batches are: so it is as a rule, but for the first and the last frame. */
  private boolean isWanted(Frame frame) {
    return frame.baseOffset() >= offset
        && frame.endOffset() <= endOffset
        && (long) bytes + frame.payloadBytes() <= maxBytes;
  }

  private void collectBatches(FrameCursor cursor, Frame frame) {
    int from = 0;
    int to = 0;
    for (BatchExtent batch : cursor.header(frame).batches()) {
      long lastOffset = frame.baseOffset() + batch.lastOffsetDelta();
      if (lastOffset >= endOffset) {
        full = true;
        break;
      }
      if (lastOffset < offset) {
        from += batch.length();
      } else if (!fits(to - from, batch.length())) {
        full = true;
        break;
      }
      to += batch.length();
    }
    if (to > from) {
      take(cursor, frame, from, to);
    }
  }

  private void take(FrameCursor cursor, Frame frame, int from, int to) {
    ByteBuffer payload = cursor.payload(frame);
    buffers.add(to - from == frame.payloadBytes() ? payload : payload.slice(from, to - from));
    bytes += to - from;
    full |= bytes >= maxBytes;
    if (!cursor.equals(lending)) {
      mappings.add(cursor.lend());
      lending = cursor;
    }
  }

  /** Whether a batch may be taken beside what was taken, so many bytes of them of its own entry. */
  private boolean fits(int ofEntry, int length) {
    long taken = (long) bytes + ofEntry;
    return taken + length <= maxBytes || (taken == 0 && firstBatch == FirstBatch.WHOLE);
  }

  /** A slice of all that was gathered. */
  Slice lend() {
    if (buffers.isEmpty()) {
      return Slice.EMPTY;
    }
    Slice slice = new LentSlice(buffers, mappings);
    mappings.clear();
    return slice;
  }

  @Override
  public void close() {
    mappings.forEach(Mapping::release);
    mappings.clear();
  }
}
