package dev.flotilla.raft;

import dev.flotilla.storage.EntryHeader;
import dev.flotilla.storage.LogStore;
import dev.flotilla.storage.Slice;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;

/**
 * A replica of a partition's log, replicated by Raft. Any thread may call any method.
 *
 * <p>{@code logStartOffset <= highWatermark <= logEndOffset}. Records below the high watermark are
 * committed and applied here; only those are ever shown. Reads work on every replica; whether a
 * follower may serve is its caller's decision, and a leader serves only while {@link
 * Leadership.Ready}.
 *
 * <p>Where its disk fails the replica appends nothing any more until it was opened again; what is
 * below the high watermark is read all the while, as far as the disk lets it. Of a replica that was
 * found damaged nothing is read.
 */
public interface ReplicatedLog {

  Leadership leadership();

  /** The offset of the first record kept. */
  long logStartOffset();

  /** The offset after the last committed and applied record. */
  long highWatermark();

  /** The offset after the last record that is durable here, committed or not. */
  long logEndOffset();

  /** Bytes on this replica's disk. */
  long diskBytes();

  /**
   * Queues a batch. Batches are appended in the order of the calls; those that arrive while an
   * entry is being replicated become the next entry together. Never blocks and never waits for a
   * disk.
   *
   * @throws ReplicatedLogException.NotLeader if it does not lead here
   * @throws ReplicatedLogException.NotReady if it leads and is not ready
   * @throws ReplicatedLogException.TooLarge if the batch does not fit an entry
   * @throws ReplicatedLogException.Overloaded if the queue is full
   * @throws ReplicatedLogException.Unavailable if the replica failed
   */
  PendingAppend append(AppendBatch batch);

  /**
   * Lends committed batches from the one that holds {@code offset}, see {@link LogStore#batches}.
   * Empty at or above the high watermark. May read a disk: call it where blocking is allowed.
   *
   * @throws ReplicatedLogException.OffsetOutOfRange if the offset is below the log start or above
   *     the <em>log end</em>: between high watermark and log end the answer is empty, since a new
   *     leader's high watermark lags
   * @throws ReplicatedLogException.Unavailable if what is needed cannot be read or trusted
   */
  Slice read(long offset, int maxBytes, LogStore.FirstBatch firstBatch);

  /** The first committed data entry with a record timestamp at or above a time in ms. */
  Optional<EntryHeader> entryOfTime(long timestampMs);

  /** The first committed data entry that holds the largest record timestamp of the log. */
  Optional<EntryHeader> entryOfLargestTimestamp();

  /**
   * The largest term at or below {@code term} that has entries, and the offset where it ends: the
   * base offset of the next term's first entry, or the log end for the newest. Empty when {@code
   * term} is above the current one or below all that is kept.
   */
  Optional<TermEnd> endOfTerm(int term);

  /** Where a term ends; the offset is exclusive. */
  record TermEnd(int term, long endOffset) {}

  /** Shows the headers of the committed entries from an offset on; for loading and checks. */
  void headers(long fromOffset, Consumer<EntryHeader> consumer);

  /**
   * The digest at an entry, or at the newest one that is applied here if that is before it. Empty
   * if it is not kept here any more: the entry was dropped, or compaction left no record of it.
   */
  Optional<LogDigest> digest(long index);

  /** What lies on this replica's disk. */
  StoredLog stored();

  /**
   * Reads durable entries from an index on, committed or not, until payloads of so many bytes were
   * read, and verifies them. Damage that is found sets the replica aside, as it does in a read. May
   * read a disk.
   *
   * @throws ReplicatedLogException.Unavailable if what is needed cannot be read or trusted
   */
  CheckedEntries check(long fromIndex, long maxBytes);

  /**
   * Moves the log start to an offset at or below the high watermark: replicated, then applied on
   * every replica, which drops the whole entries below it. Completes when applied here.
   *
   * @throws ReplicatedLogException as {@link #append}
   */
  CompletableFuture<Void> moveLogStart(long offset);
}
