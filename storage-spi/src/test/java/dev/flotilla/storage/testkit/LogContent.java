package dev.flotilla.storage.testkit;

import dev.flotilla.storage.BatchExtent;
import dev.flotilla.storage.Entry;
import dev.flotilla.storage.EntryHeader;
import dev.flotilla.storage.LogBase;
import dev.flotilla.storage.LogStore.FirstBatch;
import dev.flotilla.storage.TermStart;
import dev.flotilla.storage.WriteSet;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * A base and the entries behind it: what a log is where nothing fails and nothing waits. The oracle
 * that engines are compared with, so every answer is found by looking at all entries in order. Not
 * safe for threads.
 */
public final class LogContent {

  private LogBase base;

  /** Entry {@code i} has the index {@code base.index() + 1 + i}; payloads are copies of its own. */
  private final List<Entry> entries;

  /** An empty log behind a base. */
  public LogContent(LogBase base) {
    this(base, List.of());
  }

  private LogContent(LogBase base, List<Entry> entries) {
    this.base = base;
    this.entries = new ArrayList<>(entries);
  }

  /** Another log that holds the same. */
  public LogContent copy() {
    return new LogContent(base, entries);
  }

  public LogBase base() {
    return base;
  }

  public long endIndex() {
    return base.index() + 1 + entries.size();
  }

  public long endOffset() {
    return lastHeader().map(EntryHeader::endOffset).orElse(base.offset());
  }

  public Optional<EntryHeader> lastHeader() {
    return entries.isEmpty() ? Optional.empty() : Optional.of(entries.getLast().header());
  }

  /** All entries, by rising index. */
  public List<Entry> entries() {
    return List.copyOf(entries);
  }

  /**
   * An entry.
   *
   * @throws IndexOutOfBoundsException if the log does not hold it
   */
  public Entry entry(long index) {
    if (index <= base.index() || index >= endIndex()) {
      throw new IndexOutOfBoundsException(
          "index %d of [%d, %d)".formatted(index, base.index() + 1, endIndex()));
    }
    return entries.get((int) (index - base.index() - 1));
  }

  public List<TermStart> termStarts() {
    List<TermStart> starts = new ArrayList<>();
    for (Entry entry : entries) {
      EntryHeader header = entry.header();
      if (starts.isEmpty() || starts.getLast().term() != header.term()) {
        starts.add(new TermStart(header.term(), header.index(), header.baseOffset()));
      }
    }
    return starts;
  }

  /** The batches that {@code LogStore.batches} lends, one buffer each. */
  public List<ByteBuffer> batches(
      long offset, long endOffset, int maxBytes, FirstBatch firstBatch) {
    if (offset < base.offset()) {
      throw new IndexOutOfBoundsException("offset " + offset + " below " + base.offset());
    }
    List<ByteBuffer> found = new ArrayList<>();
    long bytes = 0;
    for (Entry entry : entries) {
      int position = 0;
      for (BatchExtent batch : entry.header().batches()) {
        long lastOffset = entry.header().baseOffset() + batch.lastOffsetDelta();
        if (lastOffset >= endOffset) {
          return found;
        }
        if (lastOffset >= offset) {
          boolean exempt = found.isEmpty() && firstBatch == FirstBatch.WHOLE;
          if (bytes + batch.length() > maxBytes && !exempt) {
            return found;
          }
          found.add(entry.payload().slice(position, batch.length()));
          bytes += batch.length();
        }
        position += batch.length();
      }
    }
    return found;
  }

  public OptionalLong indexOfOffset(long offset) {
    return entries.stream()
        .map(Entry::header)
        .filter(header -> header.offsetSpan() > 0 && header.endOffset() > offset)
        .mapToLong(EntryHeader::index)
        .findFirst();
  }

  public OptionalLong indexOfTime(long timestampMs) {
    return entries.stream()
        .map(Entry::header)
        .filter(header -> header.largestTimestampMs() >= timestampMs)
        .mapToLong(EntryHeader::index)
        .findFirst();
  }

  /** Bytes of all headers and payloads. */
  public long bytes() {
    return bytes(entries);
  }

  static long bytes(List<Entry> entries) {
    long bytes = 0;
    for (Entry entry : entries) {
      bytes += entry.header().encodedBytes();
      bytes += entry.payload().remaining();
    }
    return bytes;
  }

  /**
   * Cuts, then appends.
   *
   * @throws IllegalArgumentException if the set does not continue the log; nothing has changed then
   */
  public void apply(WriteSet set) {
    check(set);
    truncate(set.truncateFrom());
    set.entries().forEach(this::append);
  }

  /** Removes the entries from an index on; none if the log ends before it. */
  void truncate(long fromIndex) {
    if (fromIndex < endIndex()) {
      entries.subList((int) (fromIndex - base.index() - 1), entries.size()).clear();
    }
  }

  /** Appends a copy of an entry that is known to continue the log. */
  void append(Entry entry) {
    ByteBuffer payload = entry.payload();
    ByteBuffer copy = ByteBuffer.allocate(payload.remaining()).put(payload.duplicate()).flip();
    entries.add(new Entry(entry.header(), copy.asReadOnlyBuffer()));
  }

  /**
   * Does nothing for a set that continues the log.
   *
   * @throws IllegalArgumentException for one that does not
   */
  void check(WriteSet set) {
    if (set.truncateFrom() <= base.index()) {
      throw new IllegalArgumentException(
          "truncation at " + set.truncateFrom() + ", base at " + base.index());
    }
    long index = Math.min(endIndex(), set.truncateFrom());
    long term = index - 1 == base.index() ? base.term() : entry(index - 1).header().term();
    long offset = index - 1 == base.index() ? base.offset() : entry(index - 1).header().endOffset();
    for (Entry entry : set.entries()) {
      EntryHeader header = entry.header();
      if (header.index() != index || header.term() < term || header.baseOffset() < offset) {
        throw new IllegalArgumentException(
            "entry %d, term %d, offset %d where index %d, term >= %d, offset >= %d continue"
                .formatted(
                    header.index(), header.term(), header.baseOffset(), index, term, offset));
      }
      index++;
      term = header.term();
      offset = header.endOffset();
    }
  }

  /**
   * Drops the entries up to and including the base's.
   *
   * @throws IllegalArgumentException as {@code LogStore.dropPrefix}
   */
  public void dropPrefix(LogBase newBase) {
    if (newBase.equals(base)) {
      return;
    }
    if (newBase.index() <= base.index() || newBase.index() >= endIndex() - 1) {
      throw new IllegalArgumentException(newBase + " of [" + base + ", " + endIndex() + ")");
    }
    if (!newBase.equals(baseBehind(newBase.index()))) {
      throw new IllegalArgumentException(newBase + " is not " + baseBehind(newBase.index()));
    }
    entries.subList(0, (int) (newBase.index() - base.index())).clear();
    base = newBase;
  }

  /** The base of this log once everything up to and including an entry of it is dropped. */
  public LogBase baseBehind(long index) {
    EntryHeader header = entry(index).header();
    return new LogBase(index, header.term(), header.endOffset(), header.digest());
  }

  /** Forgets everything and begins behind a base. */
  public void reset(LogBase newBase) {
    entries.clear();
    base = newBase;
  }

  /** Whether another log holds the same, however it keeps runs of emptied entries. */
  boolean sameAs(LogContent other) {
    return base.equals(other.base)
        && EmptiedRuns.merged(headers()).equals(EmptiedRuns.merged(other.headers()))
        && entries.stream()
            .allMatch(e -> e.payload().equals(other.entry(e.header().index()).payload()));
  }

  List<EntryHeader> headers() {
    return entries.stream().map(Entry::header).toList();
  }

  /** The base, and term, place and digest of each entry. */
  @Override
  public String toString() {
    StringBuilder text = new StringBuilder(base.toString());
    for (EntryHeader header : headers()) {
      text.append(
          "\n%d: term %d, %s, offsets %d + %d, digest %x, payload %d"
              .formatted(
                  header.index(),
                  header.term(),
                  header.kind(),
                  header.baseOffset(),
                  header.offsetSpan(),
                  header.digest(),
                  entry(header.index()).payload().hashCode()));
    }
    return text.toString();
  }

  /** Puts another form of an entry in its place. */
  public void replace(Entry entry) {
    long index = entry(entry.header().index()).header().index();
    entries.set((int) (index - base.index() - 1), entry);
  }
}
