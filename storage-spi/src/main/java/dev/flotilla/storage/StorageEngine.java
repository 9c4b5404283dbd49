package dev.flotilla.storage;

import java.util.Set;

/**
 * The logs of one data directory. Ready when constructed. All methods may be called by any thread;
 * calls for one log are not made at the same time, except as {@link LogStore} allows.
 */
public interface StorageEngine extends AutoCloseable {

  /** The logs that exist, opened or not, also those that cannot be opened. */
  Set<LogId> logs();

  /**
   * Creates an empty log that begins behind a base. Durable when it returns: after a crash the log
   * exists whole, or it was never created and may be created again.
   *
   * @throws IllegalStateException if the log exists
   * @throws StorageException if it cannot be written
   */
  LogStore create(LogId id, LogBase base);

  /**
   * Opens and recovers a log. On return it holds every entry that was ever reported durable and not
   * truncated or dropped since, possibly entries that were written and not yet reported, and all it
   * holds is durable: what an earlier process may have left in the page cache only was written and
   * synced again.
   *
   * <p>An incomplete or garbled end above the durable mark is a torn tail and is cut. A bad entry
   * at or below the mark is damage. Entries that are long since durable need not be looked at: the
   * work does not grow with what is retained, and damage in them may show only at a read.
   *
   * <p>An interrupted recovery is repeated by the next one.
   *
   * @throws CorruptLogException if the log is damaged; nothing on the disk has been changed
   * @throws IllegalStateException if it does not exist or is open; only {@link
   *     LogStore#reopenCutAt} opens one that is
   * @throws StorageException if it cannot be read
   */
  LogStore open(LogId id);

  /**
   * As {@link #open}, but cut first: entries at {@code endIndex} and above are removed, be they
   * good or bad, durable or not. For a replica whose flush failed (cut at its last durable index)
   * and for repair of a damaged one (cut at {@link CorruptLogException#index()}). The cut is
   * durable on return.
   *
   * @throws CorruptLogException if an entry below {@code endIndex} is found damaged
   */
  LogStore openCutAt(LogId id, long endIndex);

  /**
   * Deletes a log that is not open, whatever its state. Durable when it returns; after a crash in
   * the middle the log is gone from {@link #logs()} or can be deleted again. Does nothing if there
   * is none.
   */
  void delete(LogId id);

  /**
   * Closes the logs that are open, cleanly. A failure is reported by the log's own close. Closing
   * twice does nothing.
   */
  @Override
  void close();
}
