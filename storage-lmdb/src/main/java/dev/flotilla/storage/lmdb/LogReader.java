package dev.flotilla.storage.lmdb;

import dev.flotilla.storage.CorruptLogException;
import dev.flotilla.storage.EntryHeader;
import dev.flotilla.storage.LogStore.FirstBatch;
import dev.flotilla.storage.Slice;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalLong;
import java.util.function.LongPredicate;

/**
 * Reads of one log in one snapshot, bounded by what a view shows and by what the log holds in the
 * snapshot, which may be newer.
 */
final class LogReader {

  private final EntryReader entries;
  private final BufferPool pool;

  /** The first index and the one behind the last that may be read. */
  private final long start;

  private final long end;

  private NextRead next;

  /** Reads, told where the last reader left off. */
  LogReader(EntryReader entries, BufferPool pool, LogView view, NextRead next) {
    this.entries = entries;
    this.pool = pool;
    this.next = next;
    LogRecord record = entries.record();
    this.start = Math.max(view.startIndex(), record.startIndex());
    this.end = Math.min(view.endIndex(), record.endIndex());
  }

  /** How many headers are read in one snapshot. */
  private static final int HEADERS_PER_SNAPSHOT = 512;

  /**
   * Headers from an index on, some of those in a range.
   *
   * @throws IndexOutOfBoundsException if the log does not hold one of them
   */
  List<EntryHeader> headers(long fromIndex, long toIndex) {
    long to = Math.min(toIndex, fromIndex + HEADERS_PER_SNAPSHOT);
    List<EntryHeader> headers = new ArrayList<>();
    entries.expectOrder();
    for (long index = fromIndex; index < to; index++) {
      headers.add(entries.entry(index).header());
    }
    return headers;
  }

  /** Where who goes on behind this read will begin. */
  NextRead next() {
    return next;
  }

  OptionalLong indexOfOffset(long offset) {
    boolean hinted = next.offset() == offset && isFirstBehind(next.index(), offset);
    long index = hinted ? next.index() : first(i -> entries.entry(i).header().endOffset() > offset);
    while (index < end && entries.entry(index).header().offsetSpan() == 0) {
      index++;
    }
    return index < end ? OptionalLong.of(index) : OptionalLong.empty();
  }

  /** Whether an entry, or the end, is the first that ends behind an offset. */
  private boolean isFirstBehind(long index, long offset) {
    return index >= start
        && index <= end
        && (index == start || entries.entry(index - 1).header().endOffset() <= offset)
        && (index == end || entries.entry(index).header().endOffset() > offset);
  }

  OptionalLong indexOfTime(long timestampMs) {
    long index = first(i -> entries.entry(i).header().largestTimestampMs() >= timestampMs);
    return index < end ? OptionalLong.of(index) : OptionalLong.empty();
  }

  /** The first index with a property that all behind it have too, the end if none has. */
  private long first(LongPredicate property) {
    long low = start;
    long high = end;
    while (low < high) {
      long middle = (low + high) >>> 1;
      if (property.test(middle)) {
        high = middle;
      } else {
        low = middle + 1;
      }
    }
    return low;
  }

  Slice batches(long offset, long endOffset, int maxBytes, FirstBatch firstBatch) {
    BatchPlan plan = new BatchPlan(offset, endOffset, maxBytes, firstBatch);
    CorruptLogException damage = null;
    try {
      OptionalLong first = indexOfOffset(offset);
      entries.expectOrder();
      for (long i = first.orElse(end); i < end && plan.wantsMore(); i++) {
        plan.take(entries.entry(i));
      }
    } catch (CorruptLogException e) {
      damage = e;
    }
    if (plan.entries().isEmpty()) {
      if (damage != null) {
        throw damage;
      }
      return Slice.EMPTY;
    }
    return copy(plan);
  }

  /** Copies payloads up to the first that is damaged. */
  private Slice copy(BatchPlan plan) {
    List<StoredEntry> planned = plan.entries();
    long bytes = 0;
    for (StoredEntry entry : planned) {
      bytes += entry.payloadBytes();
    }
    ByteBuffer buffer = pool.take(Math.toIntExact(bytes));
    int copied = 0;
    try {
      for (StoredEntry entry : planned) {
        entries.copyPayload(entry, buffer);
        copied = buffer.position();
      }
    } catch (CorruptLogException damage) {
      if (copied == 0) {
        pool.give(buffer);
        throw damage;
      }
    } catch (RuntimeException e) {
      pool.give(buffer);
      throw e;
    }
    next = plan.next();
    int to = Math.min(copied, plan.skippedBytes() + plan.shownBytes());
    return new LentBuffer(pool, buffer, plan.skippedBytes(), to);
  }

  Slice payload(long index) {
    StoredEntry entry = entries.entry(index);
    ByteBuffer buffer = pool.take(entry.payloadBytes());
    try {
      entries.copyPayload(entry, buffer);
    } catch (RuntimeException e) {
      pool.give(buffer);
      throw e;
    }
    return new LentBuffer(pool, buffer, 0, entry.payloadBytes());
  }
}
