package dev.flotilla.raft;

/** A call of another node was not answered. */
public sealed class PeerException extends RuntimeException {

  private static final long serialVersionUID = 1;

  PeerException(String message) {
    super(message);
  }

  /**
   * No connection could be made, or it broke; in the second case the peer may have handled the
   * request.
   */
  public static final class Unreachable extends PeerException {
    private static final long serialVersionUID = 1;

    public Unreachable(String message) {
      super(message);
    }
  }

  /** No answer came in time; the peer may have handled the request, or may still do so. */
  public static final class TimedOut extends PeerException {
    private static final long serialVersionUID = 1;

    public TimedOut(String message) {
      super(message);
    }
  }

  /** The peer's handler failed with this message, or the peer does not answer such calls. */
  public static final class Failed extends PeerException {
    private static final long serialVersionUID = 1;

    public Failed(String message) {
      super(message);
    }
  }

  /** The request or the answer is larger than a message may be. */
  public static final class TooLarge extends PeerException {
    private static final long serialVersionUID = 1;

    public TooLarge(String message) {
      super(message);
    }
  }
}
