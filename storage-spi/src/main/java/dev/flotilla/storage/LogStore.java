package dev.flotilla.storage;

import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;

/**
 * One replica's log of entries in an engine.
 *
 * <p><b>Threads.</b> One writer: {@link #write}, {@link #dropPrefix} and {@link #reset} are called
 * by one thread at a time. Reads may run on any thread at any time beside the writer; they see
 * entries that are durable, never one that a later {@link #write} has truncated before the read
 * began. {@link #compact} may run beside the writer and readers on a thread of its own, one at a
 * time.
 *
 * <p><b>Errors.</b> Every method may throw {@link LogClosedException} after {@link #close}, {@link
 * CorruptLogException} when what it needs is damaged, and {@link StorageException} when the device
 * fails. After a failed write the log takes no other: all pending and later ones fail and nothing
 * is retried. Reads of what was durable before go on, for as long as the log is open and the device
 * lets them. It is put to use again with {@link #reopenCutAt}, or closed and opened with {@link
 * StorageEngine#openCutAt}.
 */
public interface LogStore extends AutoCloseable {

  LogId id();

  /** The point before the first entry. */
  LogBase base();

  /** The index after the last durable entry; {@code base().index() + 1} when there is none. */
  long endIndex();

  /** The offset after the last durable entry's last record. */
  long endOffset();

  /** The header of the last durable entry, or of none: then the log holds no entry. */
  Optional<EntryHeader> lastHeader();

  /** The terms of the durable entries, by rising index. In memory: cheap. */
  List<TermStart> termStarts();

  /** Bytes that the log takes on the disk, preallocated ones included. */
  long diskBytes();

  /**
   * Hands a write over. Returns at once, without I/O. The future completes, on a thread of the
   * engine that must not be blocked, when all of it is durable and visible to readers; in the order
   * of the calls. Of two writes the later is never durable without the earlier, and a truncation
   * never becomes visible after a crash later than an append that followed it. A crash leaves a
   * prefix of the pending writes; within one write set a crash may leave a prefix of its entries.
   *
   * <p>Truncated entries are gone for readers when this method returns. A truncation at or beyond
   * the end removes nothing.
   *
   * <p>Example: {@code endIndex()} is 10, of which {@code write(append([10, 11]))} is pending.
   * {@code write(new WriteSet(11, [11']))} is legal; when it is complete the log ends with 10, 11'.
   *
   * @throws IllegalArgumentException if the entries do not continue the log (index by one, term not
   *     falling, base offset not below the end offset) or the truncation is at or below the base
   */
  CompletableFuture<Void> write(WriteSet set);

  /**
   * The header of an entry.
   *
   * @throws IndexOutOfBoundsException if the index is not in {@code [base().index() + 1,
   *     endIndex())}
   */
  EntryHeader header(long index);

  /**
   * Shows headers by rising index to a consumer, faster than one by one, without touching payloads.
   *
   * @throws IndexOutOfBoundsException if the range is not within the log
   */
  void headers(long fromIndex, long toIndex, Consumer<EntryHeader> consumer);

  /**
   * Lends the payload of an entry, verified against its checksum.
   *
   * @throws IndexOutOfBoundsException as {@link #header}
   */
  Slice payload(long index);

  /**
   * Lends whole batches, verified against their entries' checksums: from the batch that holds
   * {@code offset} (or, where there is none, the first after it) up to and without the first batch
   * that reaches {@code endOffset} or beyond, and as many as fit {@code maxBytes}; the first of
   * them also when it does not fit, if {@code firstBatch} says so. Empty when there is none. A read
   * may stop short before a damaged entry; it fails when the first that it needs is damaged.
   *
   * <p>Example: batches hold offsets 0-4, 5-9, 10-14. From offset 7 up to 15 come 5-9 and 10-14; up
   * to 14 comes 5-9 alone.
   *
   * @throws IndexOutOfBoundsException if the offset is below {@code base().offset()}
   */
  Slice batches(long offset, long endOffset, int maxBytes, FirstBatch firstBatch);

  /** What to do with a first batch that is larger than a read's limit. */
  enum FirstBatch {
    /** Return it all the same, so that a reader always gets on. */
    WHOLE,
    /** Return nothing. */
    WITHIN_LIMIT
  }

  /**
   * The index of the entry that holds an offset, or of the first behind it that holds any; none if
   * there is no such entry. An entry holds the offsets that its header names, also where compaction
   * left no record of them.
   */
  OptionalLong indexOfOffset(long offset);

  /**
   * The index of the first entry whose {@link EntryHeader#largestTimestampMs()} is at or above a
   * time in ms, none if there is none: there, or in a dropped prefix, lies the first record of that
   * time or later.
   */
  default OptionalLong indexOfTime(long timestampMs) {
    long low = base().index() + 1;
    long end = endIndex();
    long high = end;
    while (low < high) {
      long middle = (low + high) >>> 1;
      if (header(middle).largestTimestampMs() >= timestampMs) {
        high = middle;
      } else {
        low = middle + 1;
      }
    }
    return low < end ? OptionalLong.of(low) : OptionalLong.empty();
  }

  /**
   * Drops the entries up to and including {@code base.index()}. Durable when the future completes;
   * their space is given back then or in the background, once no slice shows them. After a crash
   * the log has the old base or the new one.
   *
   * @param base describes an entry of the log, or the present base (nothing happens)
   * @throws IllegalArgumentException if it does not, or names the last entry or one behind it
   */
  CompletableFuture<Void> dropPrefix(LogBase base);

  /**
   * Replaces all content by nothing, behind a new base. Pending writes must be complete. Durable
   * when the future completes; after a crash in the middle the log is as before or empty behind the
   * new base.
   */
  CompletableFuture<Void> reset(LogBase base);

  /**
   * Rewrites durable entries in {@code [fromIndex, toIndex)} as a compactor says. Index, term, base
   * offset, span, times and digest of an entry stay as they were. Blocks its caller until the
   * outcome is durable. A reader, and a crash at any instant, sees each entry as it was or as it
   * became. An engine may leave entries alone that lie in its newest file.
   *
   * <p>Only of entries that are never truncated afterwards: a cut within a run of emptied entries
   * leaves the offsets of the whole run.
   */
  void compact(long fromIndex, long toIndex, EntryCompactor compactor);

  /**
   * Opens the log once more, cut as {@link StorageEngine#openCutAt} does, while this store is still
   * read: for a log whose write failed, whose readers go over to the new store before this one is
   * closed. Called by the writer, with no write pending and no compaction running.
   *
   * <p>Whatever comes of it, this store takes no writes any more. It shows what it showed, of that
   * the entries below {@code endIndex}, until it is closed; its closing changes no file. When this
   * method fails it may be called again, and the store is read all the same.
   *
   * <p>Example: entries 0 to 9 are durable when the write of 10 fails. {@code reopenCutAt(10)}
   * fails too, as long as the device takes nothing; entries 0 to 9 are read here meanwhile. Then it
   * returns a store with the entries 0 to 9, which takes entry 10; this one is closed.
   *
   * @return the same log, which takes writes
   * @throws CorruptLogException if an entry below {@code endIndex} is found damaged
   * @throws LogClosedException if this store is closed
   * @throws StorageException if the log cannot be read, cut or made durable
   */
  LogStore reopenCutAt(long endIndex);

  /**
   * Writes the durable mark once more, flushes and closes. Pending writes are completed first.
   * Slices that are still lent stay readable until they are closed. Closing twice does nothing.
   */
  @Override
  void close();
}
