package dev.flotilla.raft;

import java.io.IOException;
import java.util.HashSet;
import java.util.Set;
import org.apache.ratis.protocol.RaftGroupId;
import org.apache.ratis.protocol.RaftPeer;
import org.apache.ratis.server.RaftServer;
import org.apache.ratis.server.RaftServerRpcWithProxy;
import org.apache.ratis.server.impl.RaftLogInstaller;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The calls of a Ratis server to other nodes, which a server that closes does not wait for.
 *
 * <p>Ratis waits three seconds for them, and often for nothing: it forgets streams to followers
 * without ending them, where an appender is interrupted when its leader steps down.
 */
final class OutgoingCalls {

  private static final Logger LOG = LoggerFactory.getLogger(OutgoingCalls.class);

  private final RaftServer server;

  OutgoingCalls(RaftServer server) {
    this.server = server;
  }

  /**
   * Ends them, and closes the connections to all other members of the groups here. Does not block,
   * and clears the interrupt of the calling thread.
   */
  void end() {
    if (!(server.getServerRpc() instanceof RaftServerRpcWithProxy<?, ?> rpc)) {
      return;
    }
    // A thread that is interrupted does not wait until calls end by themselves.
    Thread.currentThread().interrupt();
    for (RaftPeer peer : others()) {
      try {
        rpc.getProxies().computeIfAbsent(peer).get().close();
      } catch (IOException e) {
        LOG.debug("the connection to {} is closed already", peer, e);
      }
    }
    Thread.interrupted();
  }

  private Set<RaftPeer> others() {
    Set<RaftPeer> others = new HashSet<>();
    for (RaftGroupId group : server.getGroupIds()) {
      try {
        others.addAll(RaftLogInstaller.of(server, group).configuration().getAllPeers());
      } catch (IOException e) {
        LOG.debug("{} is not there any more", group, e);
      }
    }
    others.removeIf(peer -> peer.getId().equals(server.getId()));
    return others;
  }
}
