package dev.flotilla.raft;

import java.util.Optional;

/** A replicated log cannot do what it was asked. */
public sealed class ReplicatedLogException extends RuntimeException {

  private static final long serialVersionUID = 1;

  ReplicatedLogException(String message) {
    super(message);
  }

  /**
   * This replica does not lead, or stopped leading: for a pending append the outcome is unknown.
   */
  public static final class NotLeader extends ReplicatedLogException {
    private static final long serialVersionUID = 1;
    private final transient Leadership leadership;

    public NotLeader(String log, Leadership leadership) {
      super(log + " is not led here: " + leadership);
      this.leadership = leadership;
    }

    public Leadership leadership() {
      return leadership;
    }

    /** The leader's node, when known. */
    public Optional<Integer> leaderNodeId() {
      return leadership instanceof Leadership.Following following
          ? following.leaderNodeId()
          : Optional.empty();
    }
  }

  /** This replica leads and is not ready yet; ask again. */
  public static final class NotReady extends ReplicatedLogException {
    private static final long serialVersionUID = 1;

    public NotReady(String log) {
      super(log + " has not yet applied an entry of its term");
    }
  }

  /** Too much is waiting to be appended here. Nothing was queued. */
  public static final class Overloaded extends ReplicatedLogException {
    private static final long serialVersionUID = 1;

    public Overloaded(String message) {
      super(message);
    }
  }

  /** The batch or the command is larger than an entry may be. Nothing was queued. */
  public static final class TooLarge extends ReplicatedLogException {
    private static final long serialVersionUID = 1;

    public TooLarge(String message) {
      super(message);
    }
  }

  /** The log's state machine refused the batch when its entry was built; the cause says why. */
  public static final class Refused extends ReplicatedLogException {
    private static final long serialVersionUID = 1;

    public Refused(String log, RuntimeException reason) {
      super(log + " refused a batch: " + reason.getMessage());
      initCause(reason);
    }
  }

  /** The offset is below the log start or above the log end. */
  public static final class OffsetOutOfRange extends ReplicatedLogException {
    private static final long serialVersionUID = 1;

    public OffsetOutOfRange(String log, long offset, long startOffset, long endOffset) {
      super(log + ": offset " + offset + " is not in [" + startOffset + ", " + endOffset + "]");
    }
  }

  /** The replica does not work: its store was found damaged, its disk failed, or it was closed. */
  public static final class Unavailable extends ReplicatedLogException {
    private static final long serialVersionUID = 1;

    public Unavailable(String message) {
      super(message);
    }
  }
}
