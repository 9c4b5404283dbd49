package dev.flotilla.raft;

import org.apache.ratis.conf.Parameters;
import org.apache.ratis.grpc.GrpcFactory;
import org.apache.ratis.rpc.RpcType;
import org.apache.ratis.server.RaftServer;
import org.apache.ratis.server.leader.FollowerInfo;
import org.apache.ratis.server.leader.LeaderState;
import org.apache.ratis.server.leader.LogAppender;

/** Chooses how leaders send entries: Ratis' gRPC, by an {@link EntryAppender} of our own. */
final class Appenders extends GrpcFactory {

  private Appenders(Parameters parameters) {
    super(parameters);
  }

  @Override
  public LogAppender newLogAppender(
      RaftServer.Division division, LeaderState leader, FollowerInfo follower) {
    if (!(division.getStateMachine() instanceof GroupStateMachine machine)) {
      return super.newLogAppender(division, leader, follower);
    }
    return machine.ofCommands()
        ? new CommandLogAppender(division, machine, leader, follower)
        : new EntryAppender(division, machine, leader, follower);
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
