package dev.flotilla.raft;

/**
 * The digest of all records up to an entry, as they were appended: replicas of a partition that
 * have the same entry have the same digest there, whatever engines keep them and however they were
 * compacted.
 *
 * @param index the entry's index, -1 before the first
 * @param endOffset the offset behind the records
 * @param digest see {@link dev.flotilla.storage.Digest}
 */
public record LogDigest(long index, long endOffset, long digest) {}
