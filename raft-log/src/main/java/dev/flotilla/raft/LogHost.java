package dev.flotilla.raft;

import org.apache.ratis.server.RaftConfiguration;

/** What an {@link EngineRaftLog} needs of the group it belongs to. A seam: tests fake it. */
interface LogHost {

  /** The lock under which Raft changes term, role and vote. */
  Object monitor();

  /** The term now; stable while the monitor is held. */
  long currentTerm();

  /** More is durable: a leader looks whether more is committed. */
  void flushed();

  /** The last index that every follower is known to have, {@code Long.MAX_VALUE} if not leading. */
  long followersHaveUpTo();

  /**
   * A leader is about to append a configuration, under the monitor.
   *
   * @throws IllegalStateException if it differs from the present one by more than one voter; the
   *     replica gives up leadership and is opened anew
   */
  void checkVoters(RaftConfiguration next);

  /** A new term or vote is durable. */
  void termChanged(long term);

  /**
   * A write failed. On return the replica takes no appends and is about to give up leadership;
   * nothing was answered yet.
   */
  void writeFailed(Throwable cause);

  /** As {@link #writeFailed} was, and all who waited were told: the replica may close. */
  void closeAfterFailure(Throwable cause);

  /** Raft is done with the log and writes it no more; its store is the host's to close. */
  void logClosed();

  /**
   * An entry that is to be applied cannot be read, because it is damaged or the disk fails. Raft
   * closes the group on what its caller throws next.
   */
  void unreadable(long index, RuntimeException cause);

  /**
   * What is stored is damaged or contradicts the leader: the replica cannot be trusted. Whoever
   * finds it reports it, however often; on return nothing more is read, appended or voted.
   */
  void damaged(String reason, Throwable cause);

  /** Whether no damage was reported so far. */
  boolean trusted();
}
