package dev.flotilla.storage.lmdb;

import dev.flotilla.storage.BatchExtent;
import dev.flotilla.storage.EntryHeader;
import dev.flotilla.storage.EntryKind;
import dev.flotilla.storage.LogStore.FirstBatch;
import java.util.ArrayList;
import java.util.List;

/**
 * Which entries a read of batches needs, found from headers alone. Of the first it may leave out
 * batches at the begin and of the last at the end, so what is shown is one piece of the payloads
 * one after the other.
 */
final class BatchPlan {

  private final long offset;
  private final long endOffset;
  private final int maxBytes;
  private final FirstBatch firstBatch;
  private final List<StoredEntry> entries = new ArrayList<>();

  /** Bytes before the first batch that is shown, in the first entry's payload. */
  private int skipped;

  private int shown;

  /** Behind the last batch that is shown. */
  private long nextOffset;

  private boolean full;

  BatchPlan(long offset, long endOffset, int maxBytes, FirstBatch firstBatch) {
    this.offset = offset;
    this.endOffset = endOffset;
    this.maxBytes = maxBytes;
    this.firstBatch = firstBatch;
  }

  boolean wantsMore() {
    return !full;
  }

  List<StoredEntry> entries() {
    return entries;
  }

  int skippedBytes() {
    return skipped;
  }

  int shownBytes() {
    return shown;
  }

  /** Where who goes on behind what is shown will begin; something is. */
  NextRead next() {
    EntryHeader last = entries.getLast().header();
    return new NextRead(
        nextOffset, nextOffset < last.endOffset() ? last.index() : last.index() + 1);
  }

  /** Takes what is wanted of the entry that follows. */
  void take(StoredEntry entry) {
    EntryHeader header = entry.header();
    if (header.baseOffset() >= endOffset) {
      full = true;
    } else if (header.kind() == EntryKind.DATA && header.endOffset() > offset) {
      takeBatches(entry);
    }
  }

  private void takeBatches(StoredEntry entry) {
    int before = 0;
    int taken = 0;
    for (BatchExtent batch : entry.header().batches()) {
      long lastOffset = entry.header().baseOffset() + batch.lastOffsetDelta();
      if (lastOffset < offset) {
        before += batch.length();
      } else if (lastOffset >= endOffset || !fits(taken, batch.length())) {
        full = true;
        break;
      } else {
        taken += batch.length();
        nextOffset = lastOffset + 1;
      }
    }
    if (taken > 0) {
      if (entries.isEmpty()) {
        skipped = before;
      }
      entries.add(entry);
      shown += taken;
    }
  }

  /** Whether a batch may be taken beside what was taken, so many bytes of them of its own entry. */
  private boolean fits(int ofEntry, int length) {
    long taken = (long) shown + ofEntry;
    return taken + length <= maxBytes || (taken == 0 && firstBatch == FirstBatch.WHOLE);
  }
}
