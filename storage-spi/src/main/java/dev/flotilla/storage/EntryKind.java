package dev.flotilla.storage;

/** What an entry is to its readers. The ids are stored: they never change. */
public enum EntryKind {
  /** Records: it has an offset span of at least one. */
  DATA(1),
  /** Known to Raft only (a configuration, a no-op, a command): no offsets. */
  RAFT_ONLY(2),
  /**
   * Data entries of which compaction left no record. A run of them in one term may be stored as one
   * range; then the first of the run carries the offset span of all, the others a span of zero at
   * the run's end offset, and each of them the digest of the run's last.
   */
  EMPTIED(3);

  private final byte id;

  EntryKind(int id) {
    this.id = (byte) id;
  }

  public byte id() {
    return id;
  }

  /**
   * The kind of a stored id.
   *
   * @throws IllegalArgumentException if there is none
   */
  public static EntryKind ofId(byte id) {
    return switch (id) {
      case 1 -> DATA;
      case 2 -> RAFT_ONLY;
      case 3 -> EMPTIED;
      default -> throw new IllegalArgumentException("no entry kind " + id);
    };
  }
}
