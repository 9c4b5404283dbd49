package dev.flotilla.server.forming;

import dev.flotilla.proto.peer.LeaveAnswer;
import dev.flotilla.proto.peer.PeerAnswer;
import dev.flotilla.proto.peer.PeerRefusal.Reason;
import dev.flotilla.proto.peer.PeerRequest;
import dev.flotilla.server.peer.PeerHandler;
import dev.flotilla.server.peer.PeerRefusedException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Takes a voter of the metadata group away that asks for it, where the group is led: what it holds
 * is damaged, and it wipes it only when that is committed. It joins anew, as a node does that has
 * nothing.
 *
 * <p>Not while too few others are caught up: what cannot be committed would keep all other changes
 * waiting, that of another damaged voter among them.
 */
public final class LeaveHandler implements PeerHandler {

  private static final Logger LOG = LoggerFactory.getLogger(LeaveHandler.class);

  private final Voters voters;
  private final Failpoints failpoints;

  public LeaveHandler(Voters voters, Failpoints failpoints) {
    this.voters = voters;
    this.failpoints = failpoints;
  }

  @Override
  public PeerRequest.KindCase kind() {
    return PeerRequest.KindCase.LEAVE;
  }

  @Override
  public CompletableFuture<PeerAnswer> handle(PeerRequest request) {
    PeerRefusedException.unlessReady(voters.leadership());
    remove(request.getLeave().getMember().getPeerId());
    return CompletableFuture.completedFuture(
        PeerAnswer.newBuilder().setLeave(LeaveAnswer.getDefaultInstance()).build());
  }

  private void remove(String peerId) {
    var present = voters.current();
    if (present.stream().anyMatch(voter -> voter.peerId().equals(peerId))) {
      var others = voters.caughtUp().stream().filter(id -> !id.equals(peerId)).count();
      if (others * 2 <= present.size()) {
        throw new PeerRefusedException(
            Reason.NOT_SERVED,
            "%s cannot be spared: %d of %d voters are caught up beside it"
                .formatted(peerId, others, present.size()));
      }
      LOG.warn("The metadata of {} is damaged: it votes no more until it has joined anew", peerId);
    }
    try {
      // Also where it is none: the change that made it none may not be committed yet.
      voters.remove(peerId).join();
    } catch (CompletionException e) {
      // Whatever it was, the node asks again and it is looked at anew.
      throw new PeerRefusedException(Reason.NOT_SERVED, String.valueOf(e.getCause()));
    }
    failpoints.reached(Failpoints.Step.DAMAGED_VOTER_REMOVED);
  }
}
