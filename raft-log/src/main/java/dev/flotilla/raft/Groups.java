package dev.flotilla.raft;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import org.apache.ratis.protocol.RaftPeer;

/**
 * Who votes in the groups of a node, who leads them, and who has what they committed. Any thread
 * may call any method; none blocks.
 *
 * <p>Futures complete on threads of Raft that must not be blocked, and fail with a {@link
 * GroupChangeException}.
 */
public final class Groups {

  private final Map<UUID, Replica> running;
  private final GroupChanges changes;
  private final Succession succession;

  /** For the replicas of one node that work. */
  Groups(Map<UUID, Replica> running, GroupChanges changes, Succession succession) {
    this.running = running;
    this.changes = changes;
    this.succession = succession;
  }

  /**
   * The voters of a group, as its replica here knows them: committed or not, and maybe old. None if
   * it does not run here, or waits to be added.
   */
  public List<Voter> voters(UUID group) {
    Replica replica = running.get(group);
    return replica == null ? List.of() : voters(replica);
  }

  private static List<Voter> voters(Replica replica) {
    return replica.member().division().configuration().getCurrentPeers().stream()
        .map(peer -> voter(replica, peer))
        .toList();
  }

  private static Voter voter(Replica replica, RaftPeer peer) {
    String address = peer.getAddress();
    int colon = address.lastIndexOf(':');
    return new Voter(
        peer.getId().toString(),
        RatisServer.nodeOf(replica.stored().descriptor(), peer.getId()).orElse(-1),
        address.substring(0, colon),
        Integer.parseInt(address.substring(colon + 1)));
  }

  /**
   * The voters that have what the leader commits, itself included: what Kafka calls in-sync
   * replicas. None if this replica is not {@link Leadership.Ready}.
   *
   * <p>A voter is among them if it answered within the last ten seconds, and within those had all
   * that was committed when this was asked. So it is to be asked often, twice a second say; that
   * costs next to nothing.
   */
  public List<Voter> caughtUp(UUID group) {
    Replica replica = running.get(group);
    if (replica == null) {
      return List.of();
    }
    Set<String> ids = replica.member().caughtUp();
    return voters(replica).stream().filter(voter -> ids.contains(voter.peerId())).toList();
  }

  /**
   * Adds one voter, where the group is led. The new voter's replica must have been created with an
   * empty list of voters; it is first sent what it lacks, during which nothing else can be changed
   * and which takes as long as it takes. Complete when the change is committed, at once if it
   * already is a voter.
   *
   * @param voter its peer id has its node's number in front
   * @return fails with {@link GroupChangeException.NotLeader} and who leads, {@link
   *     GroupChangeException.TooEarly} if another change is under way or the leader is not ready,
   *     {@link GroupChangeException.TimedOut} if the new voter does not answer
   */
  public CompletableFuture<Void> addVoter(UUID group, Voter voter) {
    Replica replica = running.get(group);
    return replica == null ? notHere(group) : changes.add(replica, voter);
  }

  /**
   * Removes one voter, where the group is led. Complete when the change is committed, at once if it
   * is none; only then may its replica be wiped. It may not hear of it: it is deleted by whoever
   * keeps account of replicas.
   *
   * @return fails as {@link #addVoter}, and with {@link GroupChangeException.Refused} for the
   *     leader itself
   */
  public CompletableFuture<Void> removeVoter(UUID group, String peerId) {
    Replica replica = running.get(group);
    return replica == null ? notHere(group) : changes.remove(replica, peerId);
  }

  /**
   * Hands leadership over to another voter, which is waited for if it lags a little; nothing is
   * appended meanwhile. Complete when it leads, at once if it does already.
   *
   * @return fails with {@link GroupChangeException.NotLeader} and who leads if that is another
   *     node, {@link GroupChangeException.TimedOut} if the voter did not take over: then this node
   *     goes on leading, {@link GroupChangeException.Refused} if it is no voter
   */
  public CompletableFuture<Void> transferLeadership(UUID group, String peerId, Duration timeout) {
    Replica replica = running.get(group);
    return replica == null ? notHere(group) : changes.transfer(replica, peerId, timeout);
  }

  /**
   * A peer is known to be gone: its process ended, or it does not answer. Each group here that
   * follows it elects a new leader without waiting for an election timeout, its followers a small
   * random time apart. To be told of a peer that is there costs those groups an election, no more.
   */
  public void peerGone(String peerId) {
    running.values().forEach(replica -> succession.leaderGone(replica, peerId));
  }

  private static CompletableFuture<Void> notHere(UUID group) {
    return CompletableFuture.failedFuture(
        new GroupChangeException.Refused(group + " does not run here", Replica.NOT_STARTED));
  }
}
