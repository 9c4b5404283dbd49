package dev.flotilla.raft;

/**
 * A batch is committed and applied on the leader.
 *
 * @param baseOffset offset of its first record
 * @param lastOffset offset of its last record
 * @param appendTimeMs the leader's clock when its entry was built, ms
 * @param origin whether this call stored it
 */
public record Appended(long baseOffset, long lastOffset, long appendTimeMs, Origin origin) {

  /** Which call stored a batch. */
  public enum Origin {
    /** This one. */
    STORED,
    /** An earlier one: this was a duplicate, answered with the earlier one's offsets. */
    DUPLICATE
  }
}
