package dev.flotilla.raft;

import dev.flotilla.storage.LogStore;
import dev.flotilla.storage.StorageEngine;
import java.io.IOException;
import java.util.Optional;
import java.util.UUID;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The way back of a replica whose disk failed: closed in Ratis first, then tried to be opened until
 * that succeeds, cut to what was durable. Its store is read all the while.
 */
final class Reopening {

  /** Nothing is cut any more: what a store holds after it was opened again is durable. */
  private static final long NO_CUT = Long.MAX_VALUE;

  private static final Logger LOG = LoggerFactory.getLogger(Reopening.class);

  private final RunningReplicas replicas;
  private final UUID group;
  private final Replica failed;

  /** Everything from this index on may have been lost. Touched by one attempt at a time. */
  private long cutAt;

  /** Guarded by this. */
  private boolean cancelled;

  Reopening(RunningReplicas replicas, UUID group, Replica failed, long cutAt) {
    this.replicas = replicas;
    this.group = group;
    this.failed = failed;
    this.cutAt = cutAt;
  }

  /** Whose way back it is. */
  Replica failed() {
    return failed;
  }

  /** Tries it once; may block on a disk. Returns whether there is nothing left to do. */
  synchronized boolean attempt() {
    if (cancelled || !replicas.isOpen(group) || !failed.member().trusted()) {
      return true;
    }
    Optional<Replica> running = replicas.find(group);
    if (running.isPresent()) {
      return running.get() != failed;
    }
    try {
      StoredReplica stored = StoredReplica.reopen(failed.stored().directory(), this::reopenStore);
      Leadership before = failed.member().leadership().current();
      Replica replica =
          Replica.of(replicas, failed.name(), stored, failed.readable(), before, failed.applied());
      replicas.start(group, replica);
      return true;
    } catch (ReplicaQuarantinedException e) {
      LOG.error("{}: cannot be opened again", failed.name(), e);
      String reason = String.valueOf(e.getMessage());
      failed.readable().close();
      failed.member().damaged(reason, e);
      return true;
    } catch (IOException | RuntimeException e) {
      LOG.warn("{}: not open again yet", failed.name(), e);
      return false;
    }
  }

  /** No attempt begins any more; one that had begun is over on return. */
  synchronized void cancel() {
    cancelled = true;
  }

  /** Nobody is to read any more what is left of the replica, which is closed in Ratis. */
  void end() {
    failed.readable().close();
  }

  private LogStore reopenStore() {
    StorageEngine engine = replicas.node().engine(failed.stored().descriptor().getEngine());
    LogStore opened = failed.readable().reopenCutAt(engine, cutAt);
    cutAt = NO_CUT;
    return opened;
  }
}
