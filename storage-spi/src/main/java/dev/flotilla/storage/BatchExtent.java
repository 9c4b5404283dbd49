package dev.flotilla.storage;

/**
 * Where one record batch ends within its entry. Batches lie in a payload without gaps, in offset
 * order; offsets between two batches may be missing (after compaction).
 *
 * @param length bytes of the batch in the payload
 * @param lastOffsetDelta offset of the batch's last record, counted from the entry's base offset
 */
public record BatchExtent(int length, int lastOffsetDelta) {

  public BatchExtent {
    if (length <= 0 || lastOffsetDelta < 0) {
      throw new IllegalArgumentException(
          "length " + length + ", lastOffsetDelta " + lastOffsetDelta);
    }
  }
}
