package dev.flotilla.raft;

/**
 * What a replica's log takes on the disk, and what it holds.
 *
 * @param engine the storage engine that it is in
 * @param diskBytes with what is preallocated
 * @param firstIndex of the first entry, or where it will be
 * @param endIndex the index after the last durable entry
 * @param startOffset the first offset
 * @param endOffset the offset after the last record
 */
public record StoredLog(
    String engine,
    long diskBytes,
    long firstIndex,
    long endIndex,
    long startOffset,
    long endOffset) {

  /** How many entries it holds. */
  public long entries() {
    return endIndex - firstIndex;
  }
}
