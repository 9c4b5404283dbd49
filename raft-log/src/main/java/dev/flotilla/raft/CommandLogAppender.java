package dev.flotilla.raft;

import org.apache.ratis.proto.RaftProtos.AppendEntriesRequestProto;
import org.apache.ratis.server.RaftServer;
import org.apache.ratis.server.leader.FollowerInfo;
import org.apache.ratis.server.leader.LeaderState;
import org.apache.ratis.server.raftlog.RaftLog;
import org.apache.ratis.server.raftlog.RaftLogIOException;
import org.jspecify.annotations.Nullable;

/**
 * Sends a follower of a command log the entries, and what is committed of them as soon as it is.
 *
 * <p>All nodes act on commands. Ratis' own appender tells a follower what is committed with the
 * next entries or, when there are none, with the next heartbeat: half an election timeout later,
 * during which the nodes show different states.
 */
final class CommandLogAppender extends EntryAppender {

  /**
   * Up to here the follower has been told what is committed. A message that is lost is made up for
   * by the next heartbeat. Used by the appending thread only.
   */
  private long told = RaftLog.INVALID_LOG_INDEX;

  CommandLogAppender(
      RaftServer.Division division,
      GroupStateMachine machine,
      LeaderState leader,
      FollowerInfo follower) {
    super(division, machine, leader, follower);
  }

  /** Called when there may be something to send: also after a commit, and after each answer. */
  @Override
  public @Nullable AppendEntriesRequestProto newAppendEntriesRequest(long callId, boolean heartbeat)
      throws RaftLogIOException {
    AppendEntriesRequestProto request = super.newAppendEntriesRequest(callId, heartbeat);
    // A follower that has not answered yet is told afterwards: before, it would not know whether
    // its entries are those that are committed.
    if (request == null
        && !hasPendingDataRequests()
        && getRaftLog().getLastCommittedIndex() > told) {
      request = super.newAppendEntriesRequest(callId, true);
    }
    if (request != null) {
      told = Math.max(told, tells(request));
    }
    return request;
  }

  /** A follower takes as committed no more than what the request shows to be in its log. */
  private static long tells(AppendEntriesRequestProto request) {
    long previous =
        request.hasPreviousLog() ? request.getPreviousLog().getIndex() : RaftLog.INVALID_LOG_INDEX;
    return Math.min(request.getLeaderCommit(), previous + request.getEntriesCount());
  }
}
