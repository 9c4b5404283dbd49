package dev.flotilla.server.forming;

import com.google.protobuf.ByteString;
import dev.flotilla.proto.peer.Hello;
import dev.flotilla.proto.peer.JoinAnswer;
import dev.flotilla.proto.peer.PeerAnswer;
import dev.flotilla.proto.peer.PeerRefusal.Reason;
import dev.flotilla.proto.peer.PeerRequest;
import dev.flotilla.raft.Voter;
import dev.flotilla.server.peer.PeerAddress;
import dev.flotilla.server.peer.PeerHandler;
import dev.flotilla.server.peer.PeerRefusedException;
import dev.flotilla.server.peer.Peers;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.Semaphore;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Makes a new node a voter of the metadata group, where it is led. A voter with the same node id is
 * taken away first: its data directory is lost, since the node is there with another.
 *
 * <p>One voter is changed at a time, and each change is committed before the next: see
 * docs/decisions. What a crash interrupts, the new node asks for again, and finds as far as it
 * came.
 */
public final class JoinHandler implements PeerHandler {

  private static final Logger LOG = LoggerFactory.getLogger(JoinHandler.class);

  private final Voters voters;
  private final Peers peers;
  private final Failpoints failpoints;

  /** Held by the request that changes voters. */
  private final Semaphore changing = new Semaphore(1);

  public JoinHandler(Voters voters, Peers peers, Failpoints failpoints) {
    this.voters = voters;
    this.peers = peers;
    this.failpoints = failpoints;
  }

  @Override
  public PeerRequest.KindCase kind() {
    return PeerRequest.KindCase.JOIN;
  }

  @Override
  public CompletableFuture<PeerAnswer> handle(PeerRequest request) {
    PeerRefusedException.unlessReady(voters.leadership());
    if (!changing.tryAcquire()) {
      throw new PeerRefusedException(Reason.OVERLOADED, "another node is being added");
    }
    try {
      admit(Members.voter(request.getJoin().getMember()));
    } catch (CompletionException e) {
      // Whatever it was, the new node asks again and it is looked at anew.
      throw new PeerRefusedException(Reason.NOT_SERVED, String.valueOf(e.getCause()));
    } finally {
      changing.release();
    }
    return CompletableFuture.completedFuture(
        PeerAnswer.newBuilder().setJoin(JoinAnswer.getDefaultInstance()).build());
  }

  private void admit(Voter joining) {
    for (var voter : voters.current()) {
      if (voter.nodeId() == joining.nodeId() && !voter.peerId().equals(joining.peerId())) {
        requireGone(voter);
        LOG.warn(
            "Node {} is back with an empty data directory: {} votes no more",
            voter.nodeId(),
            voter.peerId());
        voters.remove(voter.peerId()).join();
        failpoints.reached(Failpoints.Step.VOTER_REMOVED);
      }
    }
    voters.add(joining).join();
    LOG.info("{} votes in the metadata group", joining.peerId());
    failpoints.reached(Failpoints.Step.VOTER_ADDED);
  }

  private void requireGone(Voter voter) {
    boolean there;
    try {
      var address = new PeerAddress(voter.host(), voter.port());
      var answer =
          peers.hello(address, Hello.newBuilder().setNodesDigest(ByteString.EMPTY).build()).join();
      there = answer.getPeerId().equals(voter.peerId());
    } catch (CompletionException e) {
      there = false;
    }
    if (there) {
      throw new PeerRefusedException(
          Reason.CONTRADICTION,
          "another node %d is alive, with another data directory".formatted(voter.nodeId()));
    }
  }
}
