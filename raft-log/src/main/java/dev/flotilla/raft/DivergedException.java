package dev.flotilla.raft;

/** A leader's entry contradicts what this replica holds: one of the two logs is wrong. */
final class DivergedException extends Exception {

  private static final long serialVersionUID = 1;

  DivergedException(String message) {
    super(message);
  }
}
