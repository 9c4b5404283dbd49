package dev.flotilla.server.partition;

/**
 * The producer fields of a batch's header: who wrote it, and which of the producer's records it
 * holds. Sequences count a producer's records to one partition from 0 and wrap around to 0 after
 * {@link Integer#MAX_VALUE}.
 *
 * @param producerId the producer
 * @param epoch its epoch: a producer with a higher one fences those with a lower one
 * @param baseSequence sequence of the first record
 * @param lastSequence sequence of the last record
 */
record ProducerStamp(long producerId, short epoch, int baseSequence, int lastSequence) {

  /** Whether the batch continues one that ended with a sequence. */
  boolean follows(int previousLastSequence) {
    return baseSequence == previousLastSequence + 1L
        || (baseSequence == 0 && previousLastSequence == Integer.MAX_VALUE);
  }
}
