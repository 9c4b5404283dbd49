package dev.flotilla.raft;

import org.apache.ratis.conf.Parameters;
import org.apache.ratis.grpc.GrpcFactory;
import org.apache.ratis.rpc.RpcType;
import org.apache.ratis.server.RaftServer;
import org.apache.ratis.server.leader.FollowerInfo;
import org.apache.ratis.server.leader.LeaderState;
import org.apache.ratis.server.leader.LogAppender;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Chooses how leaders send entries: Ratis' gRPC, by an {@link EntryAppender} of our own.
 *
 * <p>Ratis starts another appender in the place of one that failed. But the follower's answers to
 * that one never count, not even those that show a newer term: of two voters nothing is committed
 * any more, and the leader stays. So it leaves office, and the next one has appenders that count.
 */
final class Appenders extends GrpcFactory {

  private static final Logger LOG = LoggerFactory.getLogger(Appenders.class);

  private Appenders(Parameters parameters) {
    super(parameters);
  }

  @Override
  public LogAppender newLogAppender(
      RaftServer.Division division, LeaderState leader, FollowerInfo follower) {
    if (!(division.getStateMachine() instanceof GroupStateMachine machine)) {
      return super.newLogAppender(division, leader, follower);
    }
    boolean votes = division.getRaftConf().getPeer(follower.getId()) != null;
    if (votes && leader.isFollowerBootstrapping(follower)) {
      LOG.warn("{}: its appender failed, the leader leaves office", follower.getName());
      machine.stepDown();
    }
    return machine.ofCommands()
        ? new CommandLogAppender(division, leader, follower)
        : new EntryAppender(division, leader, follower);
  }

  /** How Ratis comes by it: by the name of this class, of which it makes an object itself. */
  static final class Type implements RpcType {

    @Override
    public String name() {
      return Type.class.getName();
    }

    @Override
    public Appenders newFactory(Parameters parameters) {
      return new Appenders(parameters);
    }
  }
}
