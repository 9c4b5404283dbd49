package dev.flotilla.raft;

import dev.flotilla.storage.LogClosedException;
import dev.flotilla.storage.LogStore;
import dev.flotilla.storage.StorageEngine;
import org.jspecify.annotations.Nullable;

/**
 * The store that readers of a log see: one after another, since a store whose disk failed is read
 * until the one that is opened in its place is there. Owns the present one. Any thread may call.
 *
 * <p>Readers take no lock. One that meets an error asks {@link #isReplacedSince}, and reads again
 * if there is another store by then.
 */
final class ReadableStore {

  /** Written under the lock, read by any thread. */
  private volatile LogStore present;

  /** Likewise. */
  private volatile int replacements;

  /** Why nothing may be read any more. Written once, read by any thread. */
  private volatile @Nullable String revoked;

  ReadableStore(LogStore store) {
    this.present = store;
  }

  /**
   * The store to read now.
   *
   * @throws LogClosedException if what it holds is not to be trusted
   */
  LogStore present() {
    String reason = revoked;
    if (reason != null) {
      throw new LogClosedException(present.id() + " is not read any more: " + reason);
    }
    return present;
  }

  /** How many stores were opened in the place of another so far. */
  int replacements() {
    return replacements;
  }

  /**
   * Whether there were more replacements than so many. Waits while a store is being opened, which
   * may have touched what a reader of the older one looked at.
   */
  synchronized boolean isReplacedSince(int earlier) {
    return replacements != earlier;
  }

  /**
   * Opens the log again, see {@link LogStore#reopenCutAt}; readers go over to the new store, then
   * the old one is closed. When it fails they go on reading the old one.
   *
   * @param engine opens the log if the present store is closed already
   */
  synchronized LogStore reopenCutAt(StorageEngine engine, long endIndex) {
    LogStore old = present;
    LogStore opened;
    try {
      // After a reset that took place all the same, what was to be cut may lie below the base.
      opened = old.reopenCutAt(Math.max(endIndex, old.base().index() + 1));
    } catch (LogClosedException e) {
      opened = engine.openCutAt(old.id(), endIndex);
    }
    present = opened;
    replacements++;
    old.close();
    return opened;
  }

  /** Nothing is read any more: it cannot be trusted. The store stays open for who writes it. */
  void revoke(String reason) {
    revoked = reason;
  }

  /** Closes the present store. */
  synchronized void close() {
    present.close();
  }
}
