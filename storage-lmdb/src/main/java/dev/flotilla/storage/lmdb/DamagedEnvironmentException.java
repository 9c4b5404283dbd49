package dev.flotilla.storage.lmdb;

/** An environment that cannot be opened for what it holds: it is set aside, and one made anew. */
final class DamagedEnvironmentException extends RuntimeException {

  private static final long serialVersionUID = 1;

  DamagedEnvironmentException(String message) {
    super(message);
  }

  DamagedEnvironmentException(String message, Throwable cause) {
    super(message, cause);
  }
}
