package dev.flotilla.server.forming;

/** A node must not start as it is configured; the message is one line for the operator. */
public final class RefusedStartException extends Exception {

  private static final long serialVersionUID = 1;

  public RefusedStartException(String message) {
    super(message);
  }
}
