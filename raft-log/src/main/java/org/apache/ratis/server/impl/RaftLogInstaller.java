package org.apache.ratis.server.impl;

import java.io.IOException;
import java.io.InputStream;
import java.lang.reflect.Field;
import java.lang.reflect.Modifier;
import java.util.List;
import java.util.Optional;
import java.util.Properties;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import org.apache.ratis.protocol.RaftClientReply;
import org.apache.ratis.protocol.RaftClientRequest;
import org.apache.ratis.protocol.RaftGroupId;
import org.apache.ratis.protocol.RaftGroupMemberId;
import org.apache.ratis.protocol.RaftPeerId;
import org.apache.ratis.server.RaftConfiguration;
import org.apache.ratis.server.RaftServer;
import org.apache.ratis.server.leader.FollowerInfo;
import org.apache.ratis.server.leader.LeaderState.StepDownReason;
import org.apache.ratis.server.leader.LogAppender;
import org.apache.ratis.server.protocol.TermIndex;
import org.apache.ratis.server.raftlog.RaftLog;
import org.apache.ratis.util.LifeCycle;
import org.apache.ratis.util.MemoizedSupplier;

/**
 * What raft-log needs of one group of a Ratis server and Ratis does not offer: to use a log of our
 * own, and to act on it as Ratis' log would.
 *
 * <p>The only class in Ratis' package and the only one that reaches into Ratis. It is written for
 * version {@value #VERSION}; {@link #checkShape} refuses any other.
 *
 * <p>How a log gets in: {@code ServerState.log} is a memoized supplier that builds Ratis' segmented
 * log when it is first asked. {@code ServerState.initialize} calls the state machine before it
 * asks, and during that call {@link #install} sets the memoized value.
 */
public final class RaftLogInstaller {

  private static final String VERSION = "3.3.0";

  private final RaftServerImpl division;

  private RaftLogInstaller(RaftServerImpl division) {
    this.division = division;
  }

  /**
   * Checks that Ratis is what this class was written for.
   *
   * @throws IllegalStateException if it is not, saying what is missing
   */
  public static void checkShape() {
    String version = version();
    if (!VERSION.equals(version)) {
      throw new IllegalStateException(
          "Ratis " + VERSION + " is needed, the class path has " + version);
    }
    Field log = field(ServerState.class, "log");
    if (log.getType() != MemoizedSupplier.class) {
      throw new IllegalStateException("Ratis " + version + ": unexpected type of " + log);
    }
    Field value = memoizedValue();
    if (Modifier.isFinal(value.getModifiers()) || !Modifier.isVolatile(value.getModifiers())) {
      throw new IllegalStateException("Ratis " + version + ": unexpected modifiers of " + value);
    }
    if (field(RaftServerImpl.class, "snapshotInstallationHandler").getType()
            != SnapshotInstallationHandler.class
        || installation("inProgressInstallSnapshotIndex").getType() != AtomicLong.class
        || installation("installedSnapshotTermIndex").getType() != AtomicReference.class) {
      throw new IllegalStateException("Ratis " + version + ": it installs snapshots another way");
    }
  }

  /** The group of a server; it must have been added. */
  public static RaftLogInstaller of(RaftServer server, RaftGroupId group) throws IOException {
    return new RaftLogInstaller((RaftServerImpl) server.getDivision(group));
  }

  /**
   * Makes a log the group's. Called from {@code StateMachine.initialize}, before Ratis asks for it.
   *
   * @throws IllegalStateException if Ratis has built its own already
   */
  public void install(RaftLog log) {
    try {
      Object supplier = field(ServerState.class, "log").get(division.getState());
      if (((MemoizedSupplier<?>) supplier).isInitialized()) {
        throw new IllegalStateException(division.getMemberId() + " has a log already");
      }
      memoizedValue().set(supplier, log);
    } catch (IllegalAccessException e) {
      throw new IllegalStateException("Ratis " + VERSION + " does not let its log be set", e);
    }
  }

  public RaftGroupMemberId memberId() {
    return division.getMemberId();
  }

  /** The lock under which Ratis changes term, role and vote. */
  public Object monitor() {
    return division;
  }

  public long currentTerm() {
    return division.getState().getCurrentTerm();
  }

  public boolean leads() {
    return division.getInfo().isLeader();
  }

  public boolean running() {
    return division.getInfo().getLifeCycleState() == LifeCycle.State.RUNNING;
  }

  /** Whether the group is being closed, or is closed. */
  public boolean closing() {
    return division.getInfo().getLifeCycleState().isClosingOrClosed();
  }

  /** The current configuration. */
  public RaftConfiguration configuration() {
    return division.getRaftConf();
  }

  /** Tells Ratis of a configuration that a checkpoint or the log holds. */
  public void setConfiguration(RaftConfiguration configuration) {
    division.getState().setRaftConf(configuration);
  }

  /** A leader looks again whether more entries are committed. */
  public void flushed() {
    division.submitUpdateCommitEvent();
  }

  /** The applying thread looks again what is committed. */
  public void commitIndexRose() {
    division.getState().notifyStateMachineUpdater();
  }

  /** The lowest index that every follower is known to have; none if it does not lead. */
  public long followersHaveUpTo() {
    long[] matches = division.getInfo().getFollowerMatchIndices();
    if (matches == null) {
      return Long.MAX_VALUE;
    }
    long lowest = Long.MAX_VALUE;
    for (long match : matches) {
      lowest = Math.min(lowest, match);
    }
    return lowest;
  }

  /**
   * A follower without a leader campaigns at once, without asking first whether it would win. Does
   * nothing in any other role.
   */
  public void campaign() {
    campaign(true);
  }

  /**
   * A follower without a leader asks at once whether it would win, and campaigns if so. Otherwise
   * nothing has changed, not even its term: voters that have a leader keep it.
   */
  public void campaignIfWelcome() {
    campaign(false);
  }

  private void campaign(boolean unasked) {
    synchronized (division) {
      if (running()
          && division.getInfo().isFollower()
          && division.getInfo().getLeaderId() == null) {
        division.changeToCandidate(unasked);
      }
    }
  }

  /**
   * A follower of a leader that is gone campaigns at once, if it has an entry of this leader's
   * term; one that has none is unlikely to win. Returns whether it does.
   */
  public boolean campaignIfLedBy(RaftPeerId gone) {
    synchronized (division) {
      ServerState state = division.getState();
      TermIndex last = state.getLastEntry();
      boolean follows =
          running()
              && division.getInfo().isFollower()
              && gone.equals(state.getLeaderId())
              && last != null
              && last.getTerm() == state.getCurrentTerm();
      if (follows) {
        division.changeToCandidate(true);
      }
      return follows;
    }
  }

  /** From now on it does not campaign, whoever asks. Before the group starts, no election began. */
  public void pauseElections() {
    division.getRole().setLeaderElectionPause(true);
  }

  /** It campaigns again as others do; at once, if it would have done so meanwhile. */
  public void resumeElections() {
    synchronized (division) {
      division.getRole().setLeaderElectionPause(false);
      if (running() && division.getInfo().isCandidate()) {
        division.getRole().startLeaderElection(division, false);
      }
    }
  }

  /**
   * A follower has done what its leader told it to, to install a snapshot: from now on it takes
   * entries again. Ratis keeps the outcome until the leader tells it once more, and takes none
   * meanwhile: for ever, if another one leads by then. Does nothing if Ratis has acted on it.
   */
  @SuppressWarnings("unchecked") // What checkShape cannot see is what the reference holds.
  public void snapshotInstalled() {
    synchronized (division) {
      try {
        Object handler = field(RaftServerImpl.class, "snapshotInstallationHandler").get(division);
        var installed =
            (AtomicReference<TermIndex>) installation("installedSnapshotTermIndex").get(handler);
        TermIndex at = installed.getAndSet(SnapshotInstallationHandler.INVALID_TERM_INDEX);
        if (at.getIndex() > RaftLog.INVALID_LOG_INDEX && !closing()) {
          division.getStateMachine().pause();
          division.getState().reloadStateMachine(at);
          ((AtomicLong) installation("inProgressInstallSnapshotIndex").get(handler))
              .set(RaftLog.INVALID_LOG_INDEX);
        }
      } catch (IllegalAccessException e) {
        throw new IllegalStateException("Ratis " + VERSION + " does not let itself be helped", e);
      }
    }
  }

  /** The leader, if one is known. */
  public Optional<RaftPeerId> leader() {
    return Optional.ofNullable(division.getInfo().getLeaderId());
  }

  /** What a leader knows of those it sends entries to; none if it does not lead. */
  public List<FollowerInfo> followers() {
    return division
        .getRole()
        .getLeaderState()
        .map(leader -> leader.getLogAppenders().map(LogAppender::getFollower).toList())
        .orElse(List.of());
  }

  /**
   * A leader that was not answered by a majority for so long steps down, unless it was elected
   * since. Returns whether it does.
   */
  public boolean stepDownWithoutMajority(long patienceMs) {
    Optional<LeaderStateImpl> leading = division.getRole().getLeaderState();
    if (leading.isEmpty() || division.getRole().getRoleElapsedTimeMs() < patienceMs) {
      return false;
    }
    LeaderStateImpl leader = leading.get();
    List<RaftPeerId> answered =
        leader
            .getLogAppenders()
            .map(LogAppender::getFollower)
            .filter(follower -> follower.getLastRpcResponseTime().elapsedTimeMs() <= patienceMs)
            .map(FollowerInfo::getId)
            .toList();
    boolean lost = !division.getRaftConf().hasMajority(answered, division.getId());
    if (lost) {
      leader.submitStepDownEvent(StepDownReason.LOST_MAJORITY_HEARTBEATS);
    }
    return lost;
  }

  /** A leader steps down, in its term, without touching the disk. */
  public void stepDown() {
    division
        .getRole()
        .getLeaderState()
        .ifPresent(leader -> leader.submitStepDownEvent(StepDownReason.STATE_MACHINE_EXCEPTION));
  }

  /** Closes the group, also one that Ratis began to start and forgot when that failed. */
  public void close() {
    division.close();
  }

  /** Submits a request on the caller's thread, which may wait for the group's monitor. */
  public CompletableFuture<RaftClientReply> submit(RaftClientRequest request) throws IOException {
    return division.submitClientRequestAsync(request);
  }

  private static String version() {
    ClassLoader loader = RaftServerImpl.class.getClassLoader();
    try (InputStream in = loader.getResourceAsStream("ratis-version.properties")) {
      Properties properties = new Properties();
      if (in != null) {
        properties.load(in);
      }
      return properties.getProperty("version", "of unknown version");
    } catch (IOException e) {
      throw new IllegalStateException("the version of Ratis cannot be read", e);
    }
  }

  private static Field installation(String name) {
    return field(SnapshotInstallationHandler.class, name);
  }

  private static Field memoizedValue() {
    return field(MemoizedSupplier.class.getSuperclass(), "value");
  }

  private static Field field(Class<?> owner, String name) {
    try {
      Field field = owner.getDeclaredField(name);
      field.setAccessible(true);
      return field;
    } catch (NoSuchFieldException e) {
      throw new IllegalStateException(
          "Ratis " + VERSION + " should have " + owner.getName() + "." + name, e);
    }
  }
}
