package dev.flotilla.raft;

/** A replica's files cannot be trusted: it was not started, nothing was changed. */
public final class ReplicaQuarantinedException extends Exception {

  private static final long serialVersionUID = 1;

  public ReplicaQuarantinedException(String message) {
    super(message);
  }

  public ReplicaQuarantinedException(String message, Throwable cause) {
    super(message, cause);
  }
}
