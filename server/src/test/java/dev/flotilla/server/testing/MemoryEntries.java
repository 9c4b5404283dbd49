package dev.flotilla.server.testing;

import dev.flotilla.storage.BatchExtent;
import dev.flotilla.storage.Digest;
import dev.flotilla.storage.EntryHeader;
import dev.flotilla.storage.EntryKind;
import dev.flotilla.storage.LogStore.FirstBatch;
import dev.flotilla.storage.Slice;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;

/** Entries of a log in direct memory. Not safe for several threads. */
final class MemoryEntries {

  private final List<EntryHeader> headers = new ArrayList<>();
  private final List<ByteBuffer> payloads = new ArrayList<>();
  private final AtomicInteger lent = new AtomicInteger();

  List<EntryHeader> headers() {
    return headers;
  }

  /** Slices that were lent and not yet closed. */
  int lent() {
    return lent.get();
  }

  long endOffset() {
    return headers.isEmpty() ? 0 : headers.getLast().endOffset();
  }

  /** Adds an entry of batches, or one of Raft's own if there are none. */
  EntryHeader add(
      int term,
      long appendTimeMs,
      long maxTimestampMs,
      List<BatchExtent> batches,
      ByteBuffer attributes,
      ByteBuffer payload) {
    long index = headers.size();
    long baseOffset = endOffset();
    EntryHeader last = headers.isEmpty() ? null : headers.getLast();
    long largest = last == null ? EntryHeader.NO_TIMESTAMP : last.largestTimestampMs();
    long digest = last == null ? 0 : last.digest();
    int span = batches.isEmpty() ? 0 : batches.getLast().lastOffsetDelta() + 1;
    EntryHeader header =
        new EntryHeader(
            index,
            term,
            span == 0 ? EntryKind.RAFT_ONLY : EntryKind.DATA,
            baseOffset,
            span,
            appendTimeMs,
            maxTimestampMs,
            Math.max(largest, maxTimestampMs),
            span == 0 ? digest : Digest.next(digest, index, baseOffset, span, payload),
            batches,
            attributes);
    headers.add(header);
    payloads.add(payload);
    return header;
  }

  void removeLast() {
    headers.removeLast();
    payloads.removeLast();
  }

  /** As {@link dev.flotilla.storage.LogStore#batches}. */
  Slice read(long offset, long endOffset, int maxBytes, FirstBatch firstBatch) {
    List<ByteBuffer> shown = new ArrayList<>();
    int bytes = 0;
    for (int i = 0; i < headers.size(); i++) {
      EntryHeader header = headers.get(i);
      int from = 0;
      int to = 0;
      boolean full = false;
      for (BatchExtent batch : header.batches()) {
        long batchEnd = header.baseOffset() + batch.lastOffsetDelta() + 1;
        if (batchEnd <= offset) {
          from += batch.length();
          to = from;
          continue;
        }
        boolean fits = bytes + batch.length() <= maxBytes;
        boolean first = bytes == 0;
        if (batchEnd > endOffset || !(fits || (first && firstBatch == FirstBatch.WHOLE))) {
          full = true;
          break;
        }
        to += batch.length();
        bytes += batch.length();
      }
      if (to > from) {
        shown.add(payloads.get(i).slice(from, to - from).asReadOnlyBuffer());
      }
      if (full) {
        break;
      }
    }
    return bytes == 0 ? Slice.EMPTY : new Lent(shown, bytes);
  }

  private final class Lent implements Slice {

    private final List<ByteBuffer> buffers;
    private final int bytes;
    private boolean closed;

    Lent(List<ByteBuffer> buffers, int bytes) {
      this.buffers = buffers;
      this.bytes = bytes;
      lent.incrementAndGet();
    }

    @Override
    public List<ByteBuffer> buffers() {
      return buffers;
    }

    @Override
    public int bytes() {
      return bytes;
    }

    @Override
    public synchronized void close() {
      if (closed) {
        throw new IllegalStateException("a slice is closed twice");
      }
      closed = true;
      lent.decrementAndGet();
    }
  }
}
