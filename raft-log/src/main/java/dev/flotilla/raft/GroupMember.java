package dev.flotilla.raft;

import dev.flotilla.storage.CorruptLogException;
import java.time.Duration;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Collectors;
import org.apache.ratis.protocol.RaftPeer;
import org.apache.ratis.protocol.RaftPeerId;
import org.apache.ratis.server.RaftConfiguration;
import org.apache.ratis.server.impl.RaftLogInstaller;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A replica as a member of its group: what it hears of the group's leadership, and how it leaves
 * when something of it fails. Any thread may call.
 *
 * <pre>
 *   a write fails                   gives up leadership, is closed, and read until it is opened again
 *   an entry to apply is unreadable likewise, or as damage if that is what it is
 *   damage is found                 gives up leadership, is marked as quarantined, read no more, closed
 *   an entry cannot be applied      is closed
 * </pre>
 */
final class GroupMember implements LogHost {

  private static final Duration OWN_END_PATIENCE = Duration.ofSeconds(10);

  private static final Logger LOG = LoggerFactory.getLogger(GroupMember.class);

  private final Replica replica;
  private final LeadershipTracker leadership;
  private final CaughtUp caughtUp = new CaughtUp(System::nanoTime);

  /** Set while Ratis initializes the group, before anything else can happen to it. */
  private volatile @Nullable RaftLogInstaller division;

  /** Set by the applying thread before it throws what makes Ratis close the group; read by any. */
  private volatile boolean closesItself;

  /** Whether no damage was found; the first who finds some sets the replica aside. */
  private final AtomicBoolean trusted = new AtomicBoolean(true);

  /** Set when a write failed, or the group did not start: the store outlives this member. */
  private volatile boolean leavesStore;

  /** A member of a group that is not started yet. */
  GroupMember(Replica replica, LeadershipTracker leadership) {
    this.replica = replica;
    this.leadership = leadership;
  }

  /** Ratis initializes the group. */
  void joined(RaftLogInstaller joined) {
    division = joined;
  }

  /**
   * Ratis did not get the group to start: closes what it has of it. The store stays open, with no
   * write pending.
   */
  void abandon() {
    leavesStore = true;
    RaftLogInstaller present = division;
    if (present != null) {
      present.close();
    }
    replica.memory().awaitWrites();
  }

  /**
   * The group in Ratis.
   *
   * @throws IllegalStateException if it is not started
   */
  RaftLogInstaller division() {
    RaftLogInstaller present = division;
    if (present == null) {
      throw new IllegalStateException(replica.name() + " is not started");
    }
    return present;
  }

  LeadershipTracker leadership() {
    return leadership;
  }

  /** Whether a peer leads its group. */
  boolean follows(RaftPeerId peer) {
    RaftLogInstaller present = division;
    return present != null && present.leader().filter(peer::equals).isPresent();
  }

  /** The peer ids of those who have what this leader committed, its own included. */
  Set<String> caughtUp() {
    if (!(leadership.current() instanceof Leadership.Ready(int term))) {
      return Set.of();
    }
    List<CaughtUp.Follower> followers =
        division().followers().stream()
            .map(follower ->
                new CaughtUp.Follower(
                    follower.getId().toString(),
                    follower.getMatchIndex(),
                    Duration.ofMillis(follower.getLastRpcResponseTime().elapsedTimeMs())))
            .toList();
    Set<String> ids = new HashSet<>(caughtUp.among(followers, term, replica.commitIndex()));
    ids.add(division().memberId().getPeerId().toString());
    return ids;
  }

  /** Ratis heard of a leader, or lost it. */
  void leaderChanged(@Nullable RaftPeerId leader) {
    long term = division().currentTerm();
    if (leader == null) {
      leadership.term(term);
    } else if (leader.equals(division().memberId().getPeerId())) {
      leadership.elected(term);
    } else {
      leadership.follows(term, RatisServer.nodeOf(replica.stored().descriptor(), leader));
    }
  }

  /**
   * Waits until Ratis has begun to close the group where it does that by itself. A close that came
   * before it would wait for ever for the entry that cannot be applied.
   */
  void awaitOwnEnd() {
    RaftLogInstaller present = division;
    long deadline = System.nanoTime() + OWN_END_PATIENCE.toNanos();
    while (closesItself
        && present != null
        && !present.closing()
        && System.nanoTime() - deadline < 0) {
      LockSupport.parkNanos(1_000_000);
    }
  }

  /** The state cannot take an entry. Ratis closes the group on what the caller throws next. */
  void applyFailed(long index, RuntimeException cause) {
    closesItself = true;
    LOG.error("{}: entry {} cannot be applied", replica.name(), index, cause);
    leadership.failed("entry " + index + " cannot be applied: " + cause);
    replica.node().background().execute(() -> replica.running().stop(replica));
  }

  @Override
  public Object monitor() {
    return division().monitor();
  }

  @Override
  public long currentTerm() {
    return division().currentTerm();
  }

  @Override
  public void flushed() {
    division().flushed();
  }

  @Override
  public long followersHaveUpTo() {
    return division().followersHaveUpTo();
  }

  @Override
  public void termChanged(long term) {
    leadership.term(term);
  }

  @Override
  public void writeFailed(Throwable cause) {
    leavesStore = true;
    LOG.error("{}: its disk failed, the replica stops", replica.name(), cause);
    leadership.diskFailed("its disk failed: " + cause.getMessage());
    // A vote that could not be written is of a term that Raft has begun all the same.
    leadership.term(division().currentTerm());
    division().stepDown();
  }

  @Override
  public void checkVoters(RaftConfiguration next) {
    RaftConfiguration present = division().configuration();
    Set<RaftPeerId> before = ids(present.getCurrentPeers());
    Set<RaftPeerId> after = ids(next.getCurrentPeers());
    Set<RaftPeerId> changed = new HashSet<>(after);
    changed.removeAll(before);
    long removed = before.stream().filter(id -> !after.contains(id)).count();
    boolean continues =
        next.getPreviousPeers().isEmpty() || ids(next.getPreviousPeers()).equals(before);
    if (changed.size() + removed > 1 || !continues) {
      IllegalStateException refusal =
          new IllegalStateException(
              replica.name() + ": more than one voter would change, " + present + " to " + next);
      // Ratis expects no refusal here and would lead on without the thread that commits.
      LOG.error("{}: the replica stops and is opened again", replica.name(), refusal);
      leavesStore = true;
      leadership.failed("it refused a configuration");
      division().stepDown();
      closeAfterFailure(refusal);
      throw refusal;
    }
  }

  private static Set<RaftPeerId> ids(Collection<RaftPeer> peers) {
    return peers.stream().map(RaftPeer::getId).collect(Collectors.toSet());
  }

  @Override
  public void closeAfterFailure(Throwable cause) {
    replica.running().reopenLater(replica, replica.memory().flushIndex() + 1);
  }

  @Override
  public void logClosed() {
    if (!leavesStore) {
      replica.readable().close();
    }
  }

  @Override
  public void unreadable(long index, RuntimeException cause) {
    closesItself = true;
    if (cause instanceof CorruptLogException || cause instanceof IllegalArgumentException) {
      damaged("entry " + index + " cannot be applied: " + cause.getMessage(), cause);
    } else {
      writeFailed(cause);
      closeAfterFailure(cause);
    }
  }

  @Override
  public void damaged(String reason, Throwable cause) {
    if (!trusted.compareAndSet(true, false)) {
      return;
    }
    LOG.error(
        "{}: the replica cannot be trusted and is set aside: {}", replica.name(), reason, cause);
    replica.readable().revoke(reason);
    leadership.failed(reason);
    division().stepDown();
    replica.node().background().execute(() -> replica.running().setAside(replica, reason));
  }

  @Override
  public boolean trusted() {
    return trusted.get();
  }
}
