package dev.flotilla.storage;

/** No space is left on the device. */
public final class DiskFullException extends StorageException {

  private static final long serialVersionUID = 1;

  public DiskFullException(String message, Throwable cause) {
    super(message, cause);
  }
}
