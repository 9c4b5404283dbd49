package dev.flotilla.storage;

import java.nio.ByteBuffer;
import java.util.List;

/** Decides what compaction leaves of an entry. Called once for each data entry, by rising index. */
@FunctionalInterface
public interface EntryCompactor {

  /**
   * The fate of an entry.
   *
   * @param header its header as it is stored
   * @param payload its payload, valid during the call
   */
  Outcome compact(EntryHeader header, Slice payload);

  /** What is left of an entry. */
  sealed interface Outcome {

    /** It stays as it is. */
    record Keep() implements Outcome {}

    /** No record of it stays: it becomes {@link EntryKind#EMPTIED}. */
    record Empty() implements Outcome {}

    /**
     * Fewer records stay.
     *
     * @param batches the batches of the new payload
     * @param attributes the new attributes
     * @param payload the new payload
     */
    record Replace(List<BatchExtent> batches, ByteBuffer attributes, ByteBuffer payload)
        implements Outcome {}
  }
}
