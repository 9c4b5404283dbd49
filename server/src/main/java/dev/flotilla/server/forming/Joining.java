package dev.flotilla.server.forming;

import dev.flotilla.proto.peer.FormingRecord.Member;
import dev.flotilla.proto.peer.PeerRefusal.Reason;
import dev.flotilla.server.config.ClusterNodes;
import dev.flotilla.server.peer.PeerAddress;
import dev.flotilla.server.peer.PeerRefusedException;
import dev.flotilla.server.peer.Peers;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;

/**
 * Asks the nodes of a cluster to make this one a voter of the metadata group, until its leader has
 * done so or this is closed.
 */
public final class Joining implements AutoCloseable {

  private final Member self;
  private final ClusterNodes nodes;
  private final Peers peers;
  private final CompletableFuture<Void> refused = new CompletableFuture<>();
  private final UntilDone asking;

  /** Begins at once; this node's replica is there. */
  public Joining(Member self, ClusterNodes nodes, Peers peers) {
    this.self = self;
    this.nodes = nodes;
    this.peers = peers;
    this.asking = new UntilDone("joining", () -> asked() || refused.isDone());
  }

  /** Fails with {@link RefusedStartException} if this node must not join, and never completes. */
  public CompletableFuture<Void> refused() {
    return refused;
  }

  /** Returns whether the leader was found and has made this node a voter. */
  private boolean asked() {
    return nodes.addresses().keySet().stream()
        .filter(id -> id != self.getNodeId())
        .anyMatch(id ->
            switch (ask(id)) {
              case Admitted admitted -> true;
              case Named(var leader) -> ask(leader) instanceof Admitted;
              case NoWord none -> false;
            });
  }

  private sealed interface Word {}

  private record Admitted() implements Word {}

  private record Named(int leader) implements Word {}

  private record NoWord() implements Word {}

  private Word ask(int id) {
    var address = nodes.addresses().get(id);
    if (address == null) {
      return new NoWord();
    }
    try {
      peers.join(new PeerAddress(address.host(), address.port()), self).join();
      return new Admitted();
    } catch (CompletionException e) {
      return e.getCause() instanceof PeerRefusedException answer ? judged(answer) : new NoWord();
    }
  }

  private Word judged(PeerRefusedException answer) {
    if (answer.reason() == Reason.CONTRADICTION || answer.reason() == Reason.OTHER_CLUSTER) {
      refused.completeExceptionally(new RefusedStartException(String.valueOf(answer.getMessage())));
    }
    return answer.leader().isPresent() ? new Named(answer.leader().getAsInt()) : new NoWord();
  }

  @Override
  public void close() {
    asking.close();
  }
}
