package dev.flotilla.raft;

import org.apache.ratis.grpc.server.GrpcLogAppender;
import org.apache.ratis.proto.RaftProtos.AppendEntriesRequestProto;
import org.apache.ratis.server.RaftServer;
import org.apache.ratis.server.leader.FollowerInfo;
import org.apache.ratis.server.leader.LeaderState;
import org.apache.ratis.server.raftlog.RaftLogIOException;
import org.jspecify.annotations.Nullable;

/**
 * Sends a follower the entries, by Ratis' gRPC.
 *
 * <p>While entries are read for a request, which takes its time where they come from a disk, an
 * answer to an earlier request may show that the follower has them, and more. Ratis' appender fails
 * when it then takes the follower to be where that request ends.
 */
class EntryAppender extends GrpcLogAppender {

  EntryAppender(RaftServer.Division division, LeaderState leader, FollowerInfo follower) {
    super(division, leader, follower);
  }

  /** None if it was overtaken: the next begins where the follower is by then. */
  @Override
  public @Nullable AppendEntriesRequestProto newAppendEntriesRequest(long callId, boolean heartbeat)
      throws RaftLogIOException {
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
    return request != null && isOvertaken(request) ? null : request;
  }

  private boolean isOvertaken(AppendEntriesRequestProto request) {
    int entries = request.getEntriesCount();
    return entries > 0
        && getFollower().getNextIndex() > request.getEntries(entries - 1).getIndex() + 1;
  }
}
