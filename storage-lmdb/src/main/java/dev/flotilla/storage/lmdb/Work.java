package dev.flotilla.storage.lmdb;

import dev.flotilla.storage.StorageException;

/**
 * What waits for the commit thread, which alone calls these methods. Between {@link #apply} and
 * what follows it nothing is known to be durable; when a transaction fails for another work's sake,
 * {@code apply} is called again with a new one.
 */
interface Work {

  /** Adds what waits to a transaction, as much as fits. */
  void apply(Changes changes);

  /** The transaction is durable. Work that has more to do submits itself again. */
  void committed();

  /**
   * The transaction, or this work, failed: nothing of it is to be seen. Where it was the commit
   * that failed, all of it may be there after a power loss, until a later commit has succeeded.
   */
  void failed(StorageException cause);
}
