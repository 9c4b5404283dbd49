package dev.flotilla.raft;

import dev.flotilla.storage.EntryHeader;
import java.nio.ByteBuffer;

/**
 * State that follows from a log's entry headers, kept by the log's user: what each producer wrote
 * last. Deterministic: the same on all replicas at the same index.
 *
 * <p>One data entry is in flight at a time, so {@link #newEntry} always sees all that was appended
 * before as applied; nothing is ever rolled back.
 *
 * <p><b>Threads.</b> {@code apply}, {@code snapshot} and {@code restore} come from one thread at a
 * time; {@code newEntry} and its admissions from another, never while an apply of a data entry
 * runs, and with a happens-before edge between the two.
 */
public interface PartitionState {

  /** Begins the next entry on the leader. */
  Admission newEntry(long baseOffset, int term, long appendTimeMs);

  /** A committed entry with offsets. Must not throw and must not block. */
  void apply(EntryHeader header);

  /** The state after the last applied entry, for a checkpoint. */
  ByteBuffer snapshot();

  /**
   * Replaces the state by that of a snapshot; an empty buffer is the state of an empty log.
   *
   * @throws IllegalArgumentException if the bytes are no snapshot
   */
  void restore(ByteBuffer snapshot);

  /**
   * Decides on the batches of one entry, in order, against applied state and those already
   * accepted.
   */
  interface Admission {

    /** Decides on the next batch, which would get the given base offset. */
    Decision admit(AppendBatch batch, long baseOffset);

    /**
     * The {@linkplain EntryHeader#attributes() attributes} of the entry of the batches accepted.
     */
    ByteBuffer attributes();
  }

  /** What becomes of a batch. */
  sealed interface Decision {

    /** It goes into the entry. */
    record Accept() implements Decision {}

    /**
     * It is in the log already, or in this entry; it is answered with these offsets once they are
     * committed.
     */
    record Duplicate(long baseOffset, long lastOffset, long appendTimeMs) implements Decision {}

    /** It is not appended, and its future fails with this cause. */
    record Refuse(RuntimeException cause) implements Decision {}
  }
}
