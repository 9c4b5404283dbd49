package dev.flotilla.server.local;

/** Processes of this machine cannot be started; the message is one line for the operator. */
public final class LocalFailure extends Exception {

  private static final long serialVersionUID = 1;

  LocalFailure(String message) {
    super(message);
  }

  LocalFailure(String message, Throwable cause) {
    super(message, cause);
  }
}
