package dev.flotilla.raft;

import dev.flotilla.storage.EntryHeader;
import java.nio.ByteBuffer;

/**
 * What a group's committed entries are applied to: the state of a partition, or a state machine of
 * commands. Lives as long as its caller holds it, while {@link Replica replicas} come and go
 * beneath it when one fails and is opened again.
 *
 * <p>{@code records}, {@code command}, {@code snapshot} and {@code restore} are called by one
 * thread at a time. None may block on a disk.
 */
interface Applied {

  /** A replica begins to work; {@link #restore} was called before. */
  void started(Replica replica);

  /** The replica stopped; another may be started. */
  void stopped();

  /** Committed records. */
  void records(EntryHeader header);

  /** A committed command; the answer goes to who submitted it. */
  ByteBuffer command(EntryHeader header, ByteBuffer command);

  /** The state after the last applied entry, which has this index, for a checkpoint. */
  ByteBuffer snapshot(long index);

  /**
   * Replaces the state by that of a checkpoint.
   *
   * @param index the last entry it covers
   * @param endOffset the offset after the last record it covers
   * @param state a snapshot, empty for the state of an empty log
   * @throws IllegalArgumentException if the bytes are no snapshot
   */
  void restore(long index, long endOffset, ByteBuffer state);

  /** Leader, term or readiness changed. In order, one at a time; must not block. */
  void leadershipChanged(Leadership leadership);

  /** What was started was found damaged and is closed for good. Once; may block. */
  void damaged(String reason);
}
