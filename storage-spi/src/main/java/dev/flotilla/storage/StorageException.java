package dev.flotilla.storage;

/** A storage engine could not do what it was asked. The message names the log and the file. */
public sealed class StorageException extends RuntimeException
    permits CorruptLogException, DiskFullException, LogClosedException {

  private static final long serialVersionUID = 1;

  public StorageException(String message) {
    super(message);
  }

  public StorageException(String message, Throwable cause) {
    super(message, cause);
  }
}
