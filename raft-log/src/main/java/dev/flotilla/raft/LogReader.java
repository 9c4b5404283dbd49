package dev.flotilla.raft;

import dev.flotilla.raft.ReplicatedLog.TermEnd;
import dev.flotilla.storage.CorruptLogException;
import dev.flotilla.storage.EntryHeader;
import dev.flotilla.storage.EntryKind;
import dev.flotilla.storage.LogBase;
import dev.flotilla.storage.LogClosedException;
import dev.flotilla.storage.LogStore;
import dev.flotilla.storage.Slice;
import dev.flotilla.storage.StorageException;
import dev.flotilla.storage.TermStart;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.function.Consumer;
import java.util.function.IntSupplier;
import java.util.function.LongSupplier;
import java.util.function.Predicate;
import java.util.function.Supplier;

/**
 * The reading side of a {@link ReplicatedLog}: what a log's store holds, between the log start and
 * the high watermark. Any thread may call; every method may read a disk.
 *
 * <p>The log moves on beside its readers. Where entries are dropped or truncated between two looks
 * at the store, a read looks again, and ends as if it had come before or after; likewise where the
 * store of a disk that failed was opened again.
 *
 * <p>Every method throws {@link ReplicatedLogException.Unavailable} when the store cannot be read
 * or trusted.
 */
final class LogReader {

  /** How many headers are looked at together: some 20 KB of memory. */
  private static final int CHUNK = 256;

  /** A log that drops its entries this often during one read has another trouble. */
  private static final int ATTEMPTS = 10;

  private final String name;
  private final ReadableStore stores;
  private final LongSupplier logStartOffset;
  private final LongSupplier highWatermark;
  private final IntSupplier currentTerm;
  private final Consumer<CorruptLogException> whenCorrupt;

  /**
   * Reads one store after another.
   *
   * @param logStartOffset the first offset to show; the store may still hold earlier ones
   * @param highWatermark the offset before which all is committed; at most the store's end offset
   * @param currentTerm the term this replica has reached
   * @param whenCorrupt told of damage that a read has met, on the reader's thread, before the read
   *     fails; must not block
   */
  LogReader(
      String name,
      ReadableStore stores,
      LongSupplier logStartOffset,
      LongSupplier highWatermark,
      IntSupplier currentTerm,
      Consumer<CorruptLogException> whenCorrupt) {
    this.name = name;
    this.stores = stores;
    this.logStartOffset = logStartOffset;
    this.highWatermark = highWatermark;
    this.currentTerm = currentTerm;
    this.whenCorrupt = whenCorrupt;
  }

  /** See {@link ReplicatedLog#read}. */
  Slice read(long offset, int maxBytes, LogStore.FirstBatch firstBatch) {
    return guarded(() -> {
      long committedEnd = highWatermark.getAsLong();
      checkInRange(offset);
      return offset < committedEnd
          ? store().batches(offset, committedEnd, maxBytes, firstBatch)
          : Slice.EMPTY;
    });
  }

  /** See {@link ReplicatedLog#entryOfTime}. */
  Optional<EntryHeader> entryOfTime(long timestampMs) {
    return guarded(() -> {
      long from = store().indexOfTime(timestampMs).orElse(Long.MAX_VALUE);
      return firstShown(from, header -> header.maxTimestampMs() >= timestampMs);
    });
  }

  /** See {@link ReplicatedLog#entryOfLargestTimestamp}. */
  Optional<EntryHeader> entryOfLargestTimestamp() {
    return guarded(() -> {
      long first = store().base().index() + 1;
      long end = committedEndIndex();
      if (end <= first) {
        return Optional.empty();
      }
      // The largest of all there ever was; the entry that brought it may be gone.
      long largest = store().header(end - 1).largestTimestampMs();
      long from = store().indexOfTime(largest).orElse(first);
      Optional<EntryHeader> kept = firstShown(from, header -> header.maxTimestampMs() >= largest);
      return kept.isPresent() ? kept : largestKept(first);
    });
  }

  /** See {@link ReplicatedLog#endOfTerm}. */
  Optional<TermEnd> endOfTerm(int term) {
    return guarded(() -> {
      if (term > currentTerm.getAsInt()) {
        return Optional.empty();
      }
      // The end before the terms: were a term to begin in between, its entries would otherwise
      // count for the one before it.
      long endOffset = store().endOffset();
      long found = -1;
      for (TermStart start : store().termStarts()) {
        if (start.term() > term) {
          endOffset = start.offset();
          break;
        }
        found = start.term();
      }
      return found < 0
          ? Optional.empty()
          : Optional.of(new TermEnd(Math.toIntExact(found), endOffset));
    });
  }

  /**
   * See {@link ReplicatedLog#headers}. Entries without offsets are shown where committed records
   * follow them.
   *
   * @throws ReplicatedLogException.OffsetOutOfRange if the offset is below the log start or above
   *     the log end, or the log start passes the entries during the call
   */
  void headers(long fromOffset, Consumer<EntryHeader> consumer) {
    long index =
        guarded(() -> {
          checkInRange(fromOffset);
          return store().indexOfOffset(fromOffset).orElse(Long.MAX_VALUE);
        });
    long committedEnd = highWatermark.getAsLong();
    List<EntryHeader> headers = chunk(index, fromOffset);
    while (!headers.isEmpty()) {
      // Outside the guard: what the consumer throws is the consumer's.
      for (EntryHeader header : headers) {
        if (header.baseOffset() >= committedEnd) {
          return;
        }
        consumer.accept(header);
      }
      headers = chunk(headers.getLast().index() + 1, fromOffset);
    }
  }

  /** The index of the entry that holds an offset, or of the first behind it that holds any. */
  OptionalLong indexOfOffset(long offset) {
    return guarded(() -> store().indexOfOffset(offset));
  }

  /**
   * See {@link ReplicatedLog#digest}.
   *
   * @param index of an entry that is applied, or of the one before the first
   */
  Optional<LogDigest> digest(long index) {
    return guarded(() -> {
      LogBase base = store().base();
      if (index <= base.index()) {
        return index == base.index()
            ? Optional.of(new LogDigest(index, base.offset(), base.digest()))
            : Optional.empty();
      }
      EntryHeader header = store().header(index);
      // In a run of these each has the digest of the last.
      return header.kind() == EntryKind.EMPTIED
          ? Optional.empty()
          : Optional.of(new LogDigest(index, header.endOffset(), header.digest()));
    });
  }

  /** See {@link ReplicatedLog#logEndOffset}. */
  long endOffset() {
    return guarded(() -> store().endOffset());
  }

  /** See {@link ReplicatedLog#diskBytes}. */
  long diskBytes() {
    return guarded(() -> store().diskBytes());
  }

  /** See {@link ReplicatedLog#stored}. */
  StoredLog stored(String engine) {
    return guarded(() -> StoredReplica.log(engine, store()));
  }

  /** See {@link ReplicatedLog#check}. */
  CheckedEntries check(long fromIndex, long maxBytes) {
    return guarded(() -> CheckedEntries.read(store(), fromIndex, maxBytes));
  }

  /** The next headers from an index; none at the end of the log. */
  private List<EntryHeader> chunk(long fromIndex, long fromOffset) {
    return guarded(() -> {
      if (fromIndex <= store().base().index()) {
        throw new ReplicatedLogException.OffsetOutOfRange(
            name, fromOffset, startOffset(), store().endOffset());
      }
      List<EntryHeader> headers = new ArrayList<>();
      long count = Math.min(store().endIndex() - fromIndex, CHUNK);
      if (count > 0) {
        store().headers(fromIndex, fromIndex + count, headers::add);
      }
      return headers;
    });
  }

  private Optional<EntryHeader> largestKept(long fromIndex) {
    Optional<EntryHeader> largest = firstShown(fromIndex, header -> true);
    while (largest.isPresent()) {
      EntryHeader found = largest.get();
      Optional<EntryHeader> larger =
          firstShown(found.index() + 1, header -> header.maxTimestampMs() > found.maxTimestampMs());
      if (larger.isEmpty()) {
        break;
      }
      largest = larger;
    }
    return largest;
  }

  /**
   * The first committed data entry with a record at or above the log start that fits. A search by
   * time begins close to it; it goes far only where the records of a time were dropped or compacted
   * away, since the running maximum that the search goes by still holds them.
   */
  private Optional<EntryHeader> firstShown(long fromIndex, Predicate<EntryHeader> fits) {
    long startOffset = startOffset();
    long endIndex = committedEndIndex();
    for (long index = fromIndex; index < endIndex; index += CHUNK) {
      List<EntryHeader> headers = new ArrayList<>();
      store().headers(index, Math.min(index + CHUNK, endIndex), headers::add);
      for (EntryHeader header : headers) {
        if (header.kind() == EntryKind.DATA
            && header.endOffset() > startOffset
            && fits.test(header)) {
          return Optional.of(header);
        }
      }
    }
    return Optional.empty();
  }

  /** The index before which all entries with offsets are committed. */
  private long committedEndIndex() {
    // The end before the look-up: an entry that comes in between is not committed.
    long endIndex = store().endIndex();
    return store().indexOfOffset(highWatermark.getAsLong()).orElse(endIndex);
  }

  /** The store may have dropped entries before its owner says so, or keep them a while after. */
  private long startOffset() {
    return Math.max(logStartOffset.getAsLong(), store().base().offset());
  }

  private void checkInRange(long offset) {
    long startOffset = startOffset();
    long endOffset = store().endOffset();
    if (offset < startOffset || offset > endOffset) {
      throw new ReplicatedLogException.OffsetOutOfRange(name, offset, startOffset, endOffset);
    }
  }

  private LogStore store() {
    try {
      return stores.present();
    } catch (LogClosedException e) {
      throw unavailable(e);
    }
  }

  /** Runs a read that may be repeated: the log moved on, or another store is read by now. */
  private <T> T guarded(Supplier<T> read) {
    RuntimeException failure = new IndexOutOfBoundsException();
    for (int attempt = 0; attempt < ATTEMPTS; attempt++) {
      int replacements = stores.replacements();
      try {
        return read.get();
      } catch (StorageException e) {
        if (!stores.isReplacedSince(replacements)) {
          throw failed(e);
        }
        failure = e;
      } catch (IndexOutOfBoundsException e) {
        failure = e;
      }
    }
    throw unavailable(failure);
  }

  private ReplicatedLogException failed(StorageException cause) {
    if (cause instanceof CorruptLogException damage) {
      whenCorrupt.accept(damage);
    }
    return unavailable(cause);
  }

  private ReplicatedLogException unavailable(RuntimeException cause) {
    ReplicatedLogException failure =
        new ReplicatedLogException.Unavailable(name + " cannot be read: " + cause.getMessage());
    failure.initCause(cause);
    return failure;
  }
}
