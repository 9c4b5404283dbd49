package dev.flotilla.storage;

/**
 * What a log holds is not what was written: its replica cannot be trusted from {@link #index()} on.
 */
public final class CorruptLogException extends StorageException {

  private static final long serialVersionUID = 1;

  private final long index;

  /**
   * Tells of a damaged entry.
   *
   * @param index the first entry known to be bad
   */
  public CorruptLogException(String message, long index) {
    super(message);
    this.index = index;
  }

  /** The first entry known to be bad; everything below it is good as far as is known. */
  public long index() {
    return index;
  }
}
