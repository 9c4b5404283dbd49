package dev.flotilla.raft;

import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicLong;
import org.apache.ratis.protocol.ClientId;
import org.apache.ratis.protocol.RaftClientReply;
import org.apache.ratis.protocol.RaftGroupMemberId;
import org.apache.ratis.protocol.RaftPeer;
import org.apache.ratis.protocol.RaftPeerId;
import org.apache.ratis.protocol.SetConfigurationRequest;
import org.apache.ratis.protocol.TransferLeadershipRequest;
import org.apache.ratis.protocol.exceptions.LeaderNotReadyException;
import org.apache.ratis.protocol.exceptions.LeaderSteppingDownException;
import org.apache.ratis.protocol.exceptions.NotLeaderException;
import org.apache.ratis.protocol.exceptions.ReconfigurationInProgressException;
import org.apache.ratis.protocol.exceptions.ReconfigurationTimeoutException;
import org.apache.ratis.protocol.exceptions.TransferLeadershipException;
import org.apache.ratis.server.RaftConfiguration;
import org.apache.ratis.server.RaftServer;

/**
 * Changes who votes in a group and who leads it, where it is led.
 *
 * <p>Voters change one at a time. Ratis replaces any set of voters by any other in two steps, and a
 * leader that is elected between them goes on with the second alone; that is safe only if a
 * majority of either set is one that meets every majority of the other.
 */
final class GroupChanges {

  private final ClientId client = ClientId.randomId();
  private final AtomicLong callIds = new AtomicLong();
  private final RaftServer server;
  private final Executor background;

  /** The groups of which a change was asked for and is not decided. */
  private final Set<UUID> changing = ConcurrentHashMap.newKeySet();

  /**
   * For the groups of one server.
   *
   * @param background runs what may wait
   */
  GroupChanges(RaftServer server, Executor background) {
    this.server = server;
    this.background = background;
  }

  /** See {@link Groups#addVoter}. */
  CompletableFuture<Void> add(Replica replica, Voter voter) {
    return change(
        replica,
        voters -> {
          if (voters.stream().anyMatch(peer -> hasId(peer, voter.peerId()))) {
            return voters;
          }
          List<RaftPeer> more = new ArrayList<>(voters);
          more.add(RatisServer.peer(voter));
          return more;
        });
  }

  /** See {@link Groups#removeVoter}. */
  CompletableFuture<Void> remove(Replica replica, String peerId) {
    if (replica.member().division().memberId().getPeerId().toString().equals(peerId)) {
      return CompletableFuture.failedFuture(
          refused(replica, "a leader is not removed, transfer leadership first"));
    }
    return change(
        replica,
        voters -> {
          List<RaftPeer> fewer = voters.stream().filter(peer -> !hasId(peer, peerId)).toList();
          return fewer.size() == voters.size() ? voters : fewer;
        });
  }

  private static boolean hasId(RaftPeer peer, String peerId) {
    return peer.getId().toString().equals(peerId);
  }

  private interface Change {
    /** The voters it makes of others; the same if they are as wanted. */
    List<RaftPeer> of(List<RaftPeer> voters);
  }

  private CompletableFuture<Void> change(Replica replica, Change change) {
    if (Repair.isOfTwo(replica.stored().descriptor())) {
      // Only the two of the first configuration know that they are all: see Repair.
      return CompletableFuture.failedFuture(
          refused(replica, "a group of two keeps its voters, they are repaired in place"));
    }
    UUID group = replica.member().division().memberId().getGroupId().getUuid();
    if (!changing.add(group)) {
      return CompletableFuture.failedFuture(
          new GroupChangeException.TooEarly(
              replica.name() + " is being changed already", leadership(replica)));
    }
    return ask(replica, () -> submit(replica, change))
        .whenComplete((done, failure) -> changing.remove(group));
  }

  private CompletableFuture<RaftClientReply> submit(Replica replica, Change change)
      throws IOException {
    if (sendsToOthers(replica)) {
      replica.member().division().stepDown();
      throw new NotLeaderException(replica.member().division().memberId(), null, List.of());
    }
    List<RaftPeer> voters = List.copyOf(configuration(replica).getCurrentPeers());
    // Refused by Ratis unless the voters are those named here and no other change is under
    // way.
    SetConfigurationRequest.Arguments arguments =
        SetConfigurationRequest.Arguments.newBuilder()
            .setMode(SetConfigurationRequest.Mode.COMPARE_AND_SET)
            .setServersInCurrentConf(voters)
            .setServersInNewConf(change.of(voters))
            .build();
    RaftGroupMemberId member = replica.member().division().memberId();
    return server.setConfigurationAsync(
        new SetConfigurationRequest(
            client, member.getPeerId(), member.getGroupId(), callIds.incrementAndGet(), arguments));
  }

  /**
   * Whether a leader sends entries to who is no voter, and no change is under way. One that is
   * elected while a removal is under way goes on with the voters that are left, as Ratis has it,
   * and keeps sending to the one that was removed; to add that one again would begin a change that
   * never ends. The next leader sends to voters only.
   */
  private static boolean sendsToOthers(Replica replica) {
    RaftConfiguration configuration = configuration(replica);
    Set<RaftPeerId> voters = new HashSet<>();
    configuration.getCurrentPeers().forEach(peer -> voters.add(peer.getId()));
    configuration.getPreviousPeers().forEach(peer -> voters.add(peer.getId()));
    return replica.member().division().followers().stream()
        .anyMatch(follower -> !voters.contains(follower.getId()));
  }

  /** See {@link Groups#transferLeadership}. */
  CompletableFuture<Void> transfer(Replica replica, String peerId, Duration timeout) {
    if (configuration(replica).getCurrentPeers().stream().noneMatch(peer -> hasId(peer, peerId))) {
      return CompletableFuture.failedFuture(refused(replica, peerId + " is not a voter"));
    }
    return ask(
        replica,
        () -> {
          RaftGroupMemberId member = replica.member().division().memberId();
          return server.transferLeadershipAsync(
              new TransferLeadershipRequest(
                  client,
                  member.getPeerId(),
                  member.getGroupId(),
                  callIds.incrementAndGet(),
                  RaftPeerId.valueOf(peerId),
                  Math.max(1, timeout.toMillis())));
        });
  }

  private interface Request {
    CompletableFuture<RaftClientReply> send() throws IOException;
  }

  private CompletableFuture<Void> ask(Replica replica, Request request) {
    Leadership leadership = leadership(replica);
    if (leadership instanceof Leadership.NotReady) {
      return CompletableFuture.failedFuture(
          new GroupChangeException.TooEarly(replica.name() + " is not ready", leadership));
    }
    if (!(leadership instanceof Leadership.Ready)) {
      return CompletableFuture.failedFuture(notLeader(replica));
    }
    return CompletableFuture.completedFuture(request)
        .thenComposeAsync(GroupChanges::sent, background)
        .handle((reply, failure) -> {
          Throwable cause = failure == null ? reply.getException() : root(failure);
          if (cause != null) {
            throw translated(replica, cause);
          }
          return null;
        });
  }

  private static CompletableFuture<RaftClientReply> sent(Request request) {
    try {
      return request.send();
    } catch (IOException | RuntimeException e) {
      return CompletableFuture.failedFuture(e);
    }
  }

  private static Throwable root(Throwable failure) {
    Throwable cause = failure;
    while (cause instanceof CompletionException && cause.getCause() != null) {
      cause = cause.getCause();
    }
    return cause;
  }

  private static GroupChangeException translated(Replica replica, Throwable cause) {
    String reason = replica.name() + ": " + cause.getMessage();
    return switch (cause) {
      case NotLeaderException e -> notLeader(replica);
      case LeaderNotReadyException e ->
          new GroupChangeException.TooEarly(reason, leadership(replica));
      case LeaderSteppingDownException e ->
          new GroupChangeException.TooEarly(reason, leadership(replica));
      case ReconfigurationInProgressException e ->
          new GroupChangeException.TooEarly(reason, leadership(replica));
      case ReconfigurationTimeoutException e ->
          new GroupChangeException.TimedOut(reason, leadership(replica));
      case TransferLeadershipException e ->
          new GroupChangeException.TimedOut(reason, leadership(replica));
      default -> refused(replica, String.valueOf(cause.getMessage()));
    };
  }

  private static GroupChangeException notLeader(Replica replica) {
    Leadership heard = leadership(replica);
    // Whoever waits is told before this replica hears that it leads no longer.
    Leadership leadership =
        heard instanceof Leadership.Ready || heard instanceof Leadership.NotReady
            ? new Leadership.Following(heard.term(), Optional.empty())
            : heard;
    return new GroupChangeException.NotLeader(
        replica.name() + " is not led here: " + leadership, leadership);
  }

  private static GroupChangeException refused(Replica replica, String reason) {
    return new GroupChangeException.Refused(replica.name() + ": " + reason, leadership(replica));
  }

  private static Leadership leadership(Replica replica) {
    return replica.member().leadership().current();
  }

  private static RaftConfiguration configuration(Replica replica) {
    return replica.member().division().configuration();
  }
}
