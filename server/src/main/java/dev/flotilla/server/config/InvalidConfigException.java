package dev.flotilla.server.config;

/** A configuration that a node cannot start with; the message is one line for the operator. */
public final class InvalidConfigException extends Exception {

  private static final long serialVersionUID = 1;

  public InvalidConfigException(String message) {
    super(message);
  }
}
