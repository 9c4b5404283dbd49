package com.example.plain;

import dev.flotilla.storage.BatchExtent;
import dev.flotilla.storage.Continuation;
import dev.flotilla.storage.EntryHeader;
import dev.flotilla.storage.LogBase;
import dev.flotilla.storage.LogStore.FirstBatch;
import dev.flotilla.storage.TermStart;
import dev.flotilla.storage.WriteSet;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Predicate;

/**
 * What a log holds, in memory: the headers of all its entries, those that wait to be written last.
 * Readers are shown what is durable. Guarded by the log's monitor.
 */
final class LogIndex {

  private LogBase base;

  /** The one at {@code i} has the index {@code base.index() + 1 + i}. */
  private final List<Stored> entries;

  /** So many of them, from the first on, are durable. */
  private int durable;

  /** Bytes of an entry's payload: from a position to another, or to the end if that is nearer. */
  record Part(Stored entry, int from, int to) {}

  LogIndex(LogBase base, List<Stored> durableEntries) {
    this.base = base;
    this.entries = new ArrayList<>(durableEntries);
    this.durable = entries.size();
  }

  LogBase base() {
    return base;
  }

  /** All entries, durable or not. */
  List<Stored> entries() {
    return entries;
  }

  List<Stored> durable() {
    return entries.subList(0, durable);
  }

  long firstIndex() {
    return base.index() + 1;
  }

  long endIndex() {
    return firstIndex() + durable;
  }

  long endOffset() {
    return durable == 0 ? base.offset() : entries.get(durable - 1).header().endOffset();
  }

  /** The durable entries {@code [from, to)}. */
  List<Stored> range(long from, long to) {
    if (from < firstIndex() || from > to || to > endIndex()) {
      throw new IndexOutOfBoundsException(
          "[%d, %d) of [%d, %d)".formatted(from, to, firstIndex(), endIndex()));
    }
    return entries.subList((int) (from - firstIndex()), (int) (to - firstIndex()));
  }

  /**
   * Does what a write set says; the entries that it brings wait.
   *
   * @return whether entries were removed
   */
  boolean apply(WriteSet set, int maxEntryBytes) {
    if (set.truncateFrom() < firstIndex()) {
      throw new IllegalArgumentException("cut at " + set.truncateFrom() + " behind " + base);
    }
    int kept = (int) Math.min(entries.size(), set.truncateFrom() - firstIndex());
    Continuation cut =
        kept == 0 ? Continuation.behind(base) : Continuation.behind(entries.get(kept - 1).header());
    cut.behind(set.entries(), maxEntryBytes);
    boolean removes = kept < entries.size();
    truncate(kept);
    set.entries().forEach(entry -> entries.add(Stored.waiting(entry)));
    return removes;
  }

  /** Leaves so many entries. */
  void truncate(int kept) {
    entries.subList(kept, entries.size()).clear();
    durable = Math.min(durable, kept);
  }

  void dropPrefix(LogBase newBase) {
    if (newBase.index() < firstIndex() || newBase.index() >= endIndex() - 1) {
      throw new IllegalArgumentException(newBase + " of [" + base + ", " + endIndex() + ")");
    }
    int dropped = (int) (newBase.index() - base.index());
    EntryHeader last = entries.get(dropped - 1).header();
    if (!newBase.equals(new LogBase(last.index(), last.term(), last.endOffset(), last.digest()))) {
      throw new IllegalArgumentException(newBase + " does not describe " + last);
    }
    entries.subList(0, dropped).clear();
    durable -= dropped;
    base = newBase;
  }

  void reset(LogBase newBase) {
    truncate(0);
    base = newBase;
  }

  /** Puts another form of an entry in its place, if it is still there. */
  void replace(Stored entry, Stored by) {
    long at = entry.header().index() - firstIndex();
    if (at >= 0 && at < entries.size() && entries.get((int) at) == entry) {
      entries.set((int) at, by);
    }
  }

  /** Shows what has been written since. */
  void publish() {
    while (durable < entries.size() && entries.get(durable).isWritten()) {
      durable++;
    }
  }

  List<TermStart> termStarts() {
    List<TermStart> starts = new ArrayList<>();
    for (int at = 0; at < durable; ) {
      EntryHeader first = entries.get(at).header();
      starts.add(new TermStart(first.term(), first.index(), first.baseOffset()));
      at = first(entry -> entry.header().term() > first.term());
    }
    return starts;
  }

  /** The durable entry that holds an offset, or the first behind it that holds any. */
  int atOffset(long offset) {
    int at = first(entry -> entry.header().endOffset() > offset);
    while (at < durable && entries.get(at).header().offsetSpan() == 0) {
      at++;
    }
    return at;
  }

  /** The first durable entry of which something is true that stays true; their number if none. */
  private int first(Predicate<Stored> condition) {
    int low = 0;
    int high = durable;
    while (low < high) {
      int middle = (low + high) >>> 1;
      if (condition.test(entries.get(middle))) {
        high = middle;
      } else {
        low = middle + 1;
      }
    }
    return low;
  }

  /** Where the batches are that {@link dev.flotilla.storage.LogStore#batches} lends. */
  List<Part> batches(long offset, long endOffset, int maxBytes, FirstBatch firstBatch) {
    if (offset < base.offset()) {
      throw new IndexOutOfBoundsException("offset " + offset + " below " + base.offset());
    }
    List<Part> parts = new ArrayList<>();
    long left = maxBytes;
    for (Stored entry : durable().subList(atOffset(offset), durable)) {
      int from = 0;
      int position = 0;
      for (BatchExtent batch : entry.header().batches()) {
        long lastOffset = entry.header().baseOffset() + batch.lastOffsetDelta();
        boolean fits = batch.length() <= left;
        boolean exempt = parts.isEmpty() && position == from && firstBatch == FirstBatch.WHOLE;
        if (lastOffset < offset) {
          from += batch.length();
        } else if (lastOffset >= endOffset || !(fits || exempt)) {
          return with(parts, entry, from, position);
        } else {
          left -= batch.length();
        }
        position += batch.length();
      }
      with(parts, entry, from, position);
    }
    return parts;
  }

  private static List<Part> with(List<Part> parts, Stored entry, int from, int to) {
    if (from < to) {
      parts.add(new Part(entry, from, to));
    }
    return parts;
  }
}
