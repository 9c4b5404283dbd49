package dev.flotilla.server;

/** A node cannot start; the message is one line for the operator. */
public final class StartFailure extends Exception {

  private static final long serialVersionUID = 1;

  StartFailure(String message) {
    super(message);
  }

  StartFailure(String message, Throwable cause) {
    super(message, cause);
  }
}
