package dev.flotilla.storage.testkit;

import dev.flotilla.storage.BatchExtent;
import dev.flotilla.storage.Digest;
import dev.flotilla.storage.Entry;
import dev.flotilla.storage.EntryHeader;
import dev.flotilla.storage.EntryKind;
import dev.flotilla.storage.LogBase;
import dev.flotilla.storage.LogStore;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;

/**
 * Builds entries that continue one another: index by one, offsets without a gap unless asked for,
 * the running digest and largest timestamp as the contract has them. Payload bytes are random from
 * a seed. Each call returns the next entry; not safe for threads.
 *
 * <p>Example: {@code TestEntries.behind(LogBase.ORIGIN, 7).data(100, 50)} is entry 0 with two
 * batches of 100 and 50 bytes that hold the offsets 0 and 1.
 */
public final class TestEntries {

  private final SplittableRandom random;
  private long nextIndex;
  private long term;
  private long nextOffset;
  private long digest;
  private long largestTimestampMs;

  /** The append time of the next entry; also the timestamp of its records. */
  private long timeMs = 1_700_000_000_000L;

  private TestEntries(LogBase base, long largestTimestampMs, SplittableRandom random) {
    this.random = random;
    this.nextIndex = base.index() + 1;
    this.term = Math.max(1, base.term());
    this.nextOffset = base.offset();
    this.digest = base.digest();
    this.largestTimestampMs = largestTimestampMs;
  }

  /** Entries for an empty log behind a base. */
  public static TestEntries behind(LogBase base, long seed) {
    return new TestEntries(base, EntryHeader.NO_TIMESTAMP, new SplittableRandom(seed));
  }

  /** Entries that continue behind one. */
  public static TestEntries behind(EntryHeader last, long seed) {
    LogBase base = new LogBase(last.index(), last.term(), last.endOffset(), last.digest());
    TestEntries entries =
        new TestEntries(base, last.largestTimestampMs(), new SplittableRandom(seed));
    entries.timeMs = last.appendTimeMs() + 1;
    return entries;
  }

  /** Entries that continue what is durable in a log. */
  public static TestEntries behind(LogStore log, long seed) {
    return log.lastHeader()
        .map(last -> behind(last, seed))
        .orElseGet(() -> behind(log.base(), seed));
  }

  /** Entries that continue what the oracle holds. */
  public static TestEntries behind(LogContent content, long seed) {
    return content
        .lastHeader()
        .map(last -> behind(last, seed))
        .orElseGet(() -> behind(content.base(), seed));
  }

  /** The entries that follow have this term. */
  public TestEntries term(long newTerm) {
    if (newTerm < term) {
      throw new IllegalArgumentException("term " + newTerm + " after " + term);
    }
    term = newTerm;
    return this;
  }

  /** The entries that follow begin at this time, which may be earlier than those before. */
  public TestEntries timeMs(long newTimeMs) {
    timeMs = newTimeMs;
    return this;
  }

  /** Leaves offsets out before the next entry. */
  public TestEntries skipOffsets(int count) {
    nextOffset += count;
    return this;
  }

  /** A data entry of one record per batch, with batches of these lengths. */
  public Entry data(int... batchLengths) {
    List<BatchExtent> batches = new ArrayList<>();
    for (int length : batchLengths) {
      batches.add(new BatchExtent(length, batches.size()));
    }
    return data(batches);
  }

  /** A data entry with these batches; its span ends with the last one's last offset. */
  public Entry data(List<BatchExtent> batches) {
    int bytes = batches.stream().mapToInt(BatchExtent::length).sum();
    ByteBuffer payload = randomBytes(bytes);
    int span = batches.getLast().lastOffsetDelta() + 1;
    digest = Digest.next(digest, nextIndex, nextOffset, span, payload);
    largestTimestampMs = Math.max(largestTimestampMs, timeMs);
    ByteBuffer attributes = randomBytes(batches.size() * 4);
    return next(EntryKind.DATA, span, timeMs, batches, attributes, payload);
  }

  /** Several data entries of one batch each. */
  public List<Entry> several(int count, int length) {
    List<Entry> entries = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      entries.add(data(List.of(new BatchExtent(length, 0))));
    }
    return entries;
  }

  /** An entry without offsets, with a payload of so many bytes. */
  public Entry raftOnly(int bytes) {
    ByteBuffer payload = randomBytes(bytes);
    return next(
        EntryKind.RAFT_ONLY,
        0,
        EntryHeader.NO_TIMESTAMP,
        List.of(),
        ByteBuffer.allocate(0),
        payload);
  }

  private Entry next(
      EntryKind kind,
      int span,
      long maxTimestampMs,
      List<BatchExtent> batches,
      ByteBuffer attributes,
      ByteBuffer payload) {
    EntryHeader header =
        new EntryHeader(
            nextIndex,
            term,
            kind,
            nextOffset,
            span,
            timeMs,
            maxTimestampMs,
            largestTimestampMs,
            digest,
            batches,
            attributes);
    nextIndex++;
    nextOffset += span;
    timeMs++;
    return new Entry(header, payload);
  }

  private ByteBuffer randomBytes(int count) {
    byte[] bytes = new byte[count];
    random.nextBytes(bytes);
    return ByteBuffer.wrap(bytes);
  }
}
