package dev.flotilla.raft;

import java.util.Optional;

/** A group's voters, or its leader, were not changed as asked. */
public sealed class GroupChangeException extends RuntimeException {

  private static final long serialVersionUID = 1;

  private final transient Leadership leadership;

  GroupChangeException(String message, Leadership leadership) {
    super(message);
    this.leadership = leadership;
  }

  /** What the replica that was asked is in its group now. */
  public Leadership leadership() {
    return leadership;
  }

  /** The node that leads when it is another one, if it is known. */
  public Optional<Integer> leaderNodeId() {
    return leadership instanceof Leadership.Following following
        ? following.leaderNodeId()
        : Optional.empty();
  }

  /** The group is not led here, or is no longer: then the change may still come about. */
  public static final class NotLeader extends GroupChangeException {
    private static final long serialVersionUID = 1;

    public NotLeader(String message, Leadership leadership) {
      super(message, leadership);
    }
  }

  /** The leader is not ready, or another change is not over; nothing was done, ask again later. */
  public static final class TooEarly extends GroupChangeException {
    private static final long serialVersionUID = 1;

    public TooEarly(String message, Leadership leadership) {
      super(message, leadership);
    }
  }

  /**
   * It did not come about in time: a new voter does not answer, or the one that should lead does
   * not take over, or lags. Voters and leader are what they were as far as is known here.
   */
  public static final class TimedOut extends GroupChangeException {
    private static final long serialVersionUID = 1;

    public TimedOut(String message, Leadership leadership) {
      super(message, leadership);
    }
  }

  /** It is not possible, for the reason given, or the replica does not work. */
  public static final class Refused extends GroupChangeException {
    private static final long serialVersionUID = 1;

    public Refused(String message, Leadership leadership) {
      super(message, leadership);
    }
  }
}
