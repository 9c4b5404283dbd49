package dev.flotilla.storage;

/** The log was closed, or has failed before and takes no writes; the cause says which failure. */
public final class LogClosedException extends StorageException {

  private static final long serialVersionUID = 1;

  public LogClosedException(String message) {
    super(message);
  }

  public LogClosedException(String message, Throwable cause) {
    super(message, cause);
  }
}
