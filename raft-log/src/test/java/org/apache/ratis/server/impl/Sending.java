package org.apache.ratis.server.impl;

import org.apache.ratis.protocol.RaftPeer;
import org.apache.ratis.server.RaftServer;
import org.apache.ratis.server.leader.FollowerInfo;
import org.apache.ratis.util.Timestamp;

/** What tests need of how Ratis' leaders send entries, and Ratis shows to its own package only. */
public final class Sending {

  private static final long AN_HOUR_MS = 3_600_000;

  private Sending() {}

  /**
   * A follower that was sent nothing for long, needs no heartbeat all the same, and whose next
   * index changes between one look and the next.
   *
   * @param nextIndexes what is seen at each look; the last one from then on
   */
  public static FollowerInfo follower(
      RaftServer.Division leader, RaftPeer peer, long... nextIndexes) {
    Timestamp late = Timestamp.currentTime().addTimeMs(AN_HOUR_MS);
    return new FollowerInfoImpl(leader.getMemberId(), peer, id -> peer, late, 0, true) {
      private int looks;

      @Override
      public Timestamp getLastRpcSendTime() {
        return Timestamp.currentTime().addTimeMs(-AN_HOUR_MS);
      }

      @Override
      public long getNextIndex() {
        return nextIndexes[Math.min(looks++, nextIndexes.length - 1)];
      }
    };
  }

  /**
   * A follower that answered some time ago, and no heartbeat was sent since.
   *
   * @param committed what it said then to know to be committed
   * @param nextIndex of what it would be sent next
   */
  public static FollowerInfo answered(
      RaftServer.Division leader, RaftPeer peer, long agoMs, long committed, long nextIndex) {
    Timestamp then = Timestamp.currentTime().addTimeMs(-agoMs);
    FollowerInfo follower =
        new FollowerInfoImpl(leader.getMemberId(), peer, id -> peer, then, nextIndex, true);
    follower.updateCommitIndex(committed);
    return follower;
  }
}
