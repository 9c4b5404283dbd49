package dev.flotilla.server.forming;

import dev.flotilla.proto.peer.FormingRecord.Member;
import dev.flotilla.proto.peer.PeerRefusal.Reason;
import dev.flotilla.server.config.ClusterNodes;
import dev.flotilla.server.peer.PeerAddress;
import dev.flotilla.server.peer.PeerRefusedException;
import dev.flotilla.server.peer.Peers;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.function.BiFunction;
import java.util.function.Function;

/**
 * Asks the nodes of a cluster for something that only the leader of the metadata group does, until
 * it has done so or this is closed.
 */
public final class Petition implements AutoCloseable {

  private final Member self;
  private final ClusterNodes nodes;
  private final BiFunction<PeerAddress, Member, CompletableFuture<Void>> call;
  private final CompletableFuture<Void> granted = new CompletableFuture<>();
  private final CompletableFuture<Void> refused = new CompletableFuture<>();
  private final UntilDone asking;

  private Petition(
      String name,
      Member self,
      ClusterNodes nodes,
      BiFunction<PeerAddress, Member, CompletableFuture<Void>> call) {
    this.self = self;
    this.nodes = nodes;
    this.call = call;
    this.asking = new UntilDone(name, () -> asked() || refused.isDone());
  }

  /** Begins to ask to be a voter of the metadata group; this node's replica is there. */
  public static Petition toJoin(Member self, ClusterNodes nodes, Peers peers) {
    return new Petition("joining", self, nodes, peers::join);
  }

  /** Begins to ask to be none any more; this node's replica does not run. */
  public static Petition toLeave(Member self, ClusterNodes nodes, Peers peers) {
    return new Petition("leaving", self, nodes, peers::leave);
  }

  /** Completes when it is done; fails with {@link RefusedStartException} if it will not be. */
  public CompletableFuture<Void> granted() {
    return granted.applyToEither(refused, Function.identity());
  }

  /** Fails with {@link RefusedStartException} if it will not be done, and never completes. */
  public CompletableFuture<Void> refused() {
    return refused;
  }

  /** Returns whether the leader was found and has done it. */
  private boolean asked() {
    return nodes.addresses().keySet().stream()
        .filter(id -> id != self.getNodeId())
        .anyMatch(id ->
            switch (ask(id)) {
              case Granted granting -> true;
              case Named(var leader) -> ask(leader) instanceof Granted;
              case NoWord none -> false;
            });
  }

  private sealed interface Word {}

  private record Granted() implements Word {}

  private record Named(int leader) implements Word {}

  private record NoWord() implements Word {}

  private Word ask(int id) {
    var address = nodes.addresses().get(id);
    if (address == null) {
      return new NoWord();
    }
    try {
      call.apply(new PeerAddress(address.host(), address.port()), self).join();
      granted.complete(null);
      return new Granted();
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
