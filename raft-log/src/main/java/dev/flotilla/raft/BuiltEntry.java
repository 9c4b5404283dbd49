package dev.flotilla.raft;

import dev.flotilla.storage.BatchExtent;
import dev.flotilla.storage.EntryHeader;
import java.nio.ByteBuffer;
import java.util.List;

/**
 * A data entry that is ready to be appended by the leader of a term, at a base offset, and nowhere
 * else: both are checked again where it gets its index. Nobody changes its buffers any more.
 *
 * @param term the term of the leader that built it
 * @param baseOffset offset of its first record
 * @param offsetSpan how many offsets it takes
 * @param appendTimeMs the leader's clock when it was built, ms since the epoch
 * @param maxTimestampMs the largest record timestamp in it, ms
 * @param batches where its batches lie in the payload
 * @param attributes see {@link EntryHeader#attributes()}
 * @param payload the batches as they will be stored, from position to limit
 */
record BuiltEntry(
    int term,
    long baseOffset,
    int offsetSpan,
    long appendTimeMs,
    long maxTimestampMs,
    List<BatchExtent> batches,
    ByteBuffer attributes,
    ByteBuffer payload) {

  BuiltEntry {
    batches = List.copyOf(batches);
  }
}
