package dev.flotilla.raft;

import java.io.IOException;
import java.io.InterruptedIOException;
import org.apache.ratis.grpc.server.GrpcLogAppender;
import org.apache.ratis.proto.RaftProtos.AppendEntriesRequestProto;
import org.apache.ratis.server.RaftServer;
import org.apache.ratis.server.leader.FollowerInfo;
import org.apache.ratis.server.leader.LeaderState;
import org.apache.ratis.server.raftlog.RaftLog;
import org.apache.ratis.server.raftlog.RaftLogIOException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Sends a follower the entries, by Ratis' gRPC.
 *
 * <p>While entries are read for a request, which takes its time where they come from a disk, an
 * answer to an earlier request may show that the follower has them, and more. Ratis' appender fails
 * when it then takes the follower to be where that request ends.
 *
 * <p>A leader whose appender fails all the same steps down. Ratis would start another appender, but
 * the follower's answers to that one never count, not even those that show a newer term: of two
 * voters nothing is committed any more, and the leader stays. And in the place of one that fills a
 * voter who is being added it starts none: the voter is never added, or added as it is. The next
 * leader has appenders that count.
 *
 * <p>An answer that is lost with its connection says so to nobody, and where nothing more is
 * appended none follows it: Ratis takes for received what was sent, and the answer to a heartbeat
 * does not say what a follower has. It does say what the follower knows to be committed, and that
 * it has up to there. From there on the entries are sent again.
 *
 * <p>While there is something to send that cannot be sent now, because no memory is left to read it
 * into or no connection is there, Ratis' appender tries again without a pause. This one pauses.
 */
class EntryAppender extends GrpcLogAppender {

  private static final Logger LOG = LoggerFactory.getLogger(EntryAppender.class);

  /** Before the next look where nothing could be sent; news of entries or answers end it. */
  private static final long PAUSE_MS = 5;

  private final GroupStateMachine machine;

  /** Where log and follower were when nothing could be sent last. Touched by the sender only. */
  private long stuckLog = RaftLog.INVALID_LOG_INDEX;

  private long stuckFollower = RaftLog.INVALID_LOG_INDEX;

  EntryAppender(
      RaftServer.Division division,
      GroupStateMachine machine,
      LeaderState leader,
      FollowerInfo follower) {
    super(division, leader, follower);
    this.machine = machine;
  }

  /** Sends until it is stopped, or fails and has its leader step down. */
  @Override
  public void run() throws IOException {
    try {
      super.run();
    } catch (InterruptedIOException e) {
      throw e;
    } catch (Throwable e) {
      // One that was stopped is not of the present leader's term.
      if (isRunning()) {
        LOG.warn("{} failed, the leader steps down", this, e);
        machine.stepDown();
      } else {
        LOG.info("{} was stopped, and failed: {}", this, e.toString());
      }
    } finally {
      machine.coldReads().ended();
    }
  }

  /** None if it was overtaken: the next begins where the follower is by then. */
  @Override
  public @Nullable AppendEntriesRequestProto newAppendEntriesRequest(long callId, boolean heartbeat)
      throws RaftLogIOException {
    machine.coldReads().answered(getFollower().getMatchIndex());
    boolean heartbeatDue = getHeartbeatWaitTimeMs() <= 0;
    long log = getRaftLog().getNextIndex();
    long before = getFollower().getNextIndex();
    AppendEntriesRequestProto request;
    try {
      request = super.newAppendEntriesRequest(callId, heartbeat);
    } catch (IllegalStateException e) {
      // Begun before it was overtaken, and gone on with after that.
      if (getFollower().getNextIndex() == before) {
        throw e;
      }
      return null;
    }
    if (request == null) {
      stuckLog = log;
      stuckFollower = before;
    } else if (heartbeatDue && request.getEntriesCount() == 0) {
      makeUpForLostAnswers();
    }
    return request != null && isOvertaken(request) ? null : request;
  }

  /**
   * With every heartbeat that is due, as none is while answers come. Ratis' lock for the index of
   * the next entry is held.
   */
  private void makeUpForLostAnswers() {
    FollowerInfo follower = getFollower();
    long committed = follower.getCommitIndex();
    if (follower.updateMatchIndex(committed)) {
      getLeaderState().onFollowerSuccessAppendEntries(follower);
    }
    // One that has not answered this leader yet may have anything, and one that is gone nothing.
    boolean answers =
        committed >= 0
            && follower.getLastRpcResponseTime().elapsedTimeMs()
                < getServer().properties().minRpcTimeoutMs();
    long known = follower.getMatchIndex();
    if (answers && !hasPendingDataRequests() && follower.getNextIndex() > known + 1) {
      LOG.info("{} sends the entries from {} again", this, known + 1);
      follower.setNextIndex(known + 1);
    }
  }

  private boolean isOvertaken(AppendEntriesRequestProto request) {
    int entries = request.getEntriesCount();
    return entries > 0
        && getFollower().getNextIndex() > request.getEntries(entries - 1).getIndex() + 1;
  }

  @Override
  public long getWaitTimeMs() {
    boolean stuck =
        stuckLog == getRaftLog().getNextIndex() && stuckFollower == getFollower().getNextIndex();
    return stuck ? Math.max(PAUSE_MS, super.getWaitTimeMs()) : super.getWaitTimeMs();
  }
}
