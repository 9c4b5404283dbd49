package dev.flotilla.server.peer;

import dev.flotilla.proto.peer.PeerRefusal;
import dev.flotilla.raft.Leadership;
import java.util.OptionalInt;

/**
 * A node refused a request, which changed nothing there. Thrown by handlers, and again where the
 * request was made.
 */
public final class PeerRefusedException extends RuntimeException {

  private static final long serialVersionUID = 1;

  private final PeerRefusal.Reason reason;
  private final transient OptionalInt leader;

  public PeerRefusedException(PeerRefusal.Reason reason, String message) {
    this(reason, message, OptionalInt.empty());
  }

  /**
   * A refusal that names a leader.
   *
   * @param leader the node that leads the metadata group, when known
   */
  public PeerRefusedException(PeerRefusal.Reason reason, String message, OptionalInt leader) {
    super(message);
    this.reason = reason;
    this.leader = leader;
  }

  /**
   * Refuses what only the leader of the metadata group does, and names it.
   *
   * @throws PeerRefusedException if this node is not the ready leader
   */
  public static void unlessReady(Leadership leadership) {
    if (!(leadership instanceof Leadership.Ready)) {
      var leader =
          leadership instanceof Leadership.Following following
                  && following.leaderNodeId().isPresent()
              ? OptionalInt.of(following.leaderNodeId().get())
              : OptionalInt.empty();
      throw new PeerRefusedException(
          PeerRefusal.Reason.NOT_LEADER,
          "the metadata group is not led here: " + leadership,
          leader);
    }
  }

  static PeerRefusedException of(PeerRefusal refusal) {
    return new PeerRefusedException(
        refusal.getReason(),
        refusal.getMessage(),
        refusal.hasLeaderNodeId()
            ? OptionalInt.of(refusal.getLeaderNodeId())
            : OptionalInt.empty());
  }

  PeerRefusal refusal() {
    var refusal =
        PeerRefusal.newBuilder().setReason(reason).setMessage(String.valueOf(getMessage()));
    leader.ifPresent(refusal::setLeaderNodeId);
    return refusal.build();
  }

  public PeerRefusal.Reason reason() {
    return reason;
  }

  /** The node that leads the metadata group, where the refusing node knew it. */
  public OptionalInt leader() {
    return leader;
  }
}
