package dev.flotilla.server.forming;

import com.google.protobuf.ByteString;
import dev.flotilla.proto.peer.Hello;
import dev.flotilla.proto.peer.HelloAnswer;
import dev.flotilla.server.config.ClusterNodes;
import dev.flotilla.server.peer.PeerAddress;
import dev.flotilla.server.peer.Peers;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;

/** Asks all nodes of {@code cluster.nodes}, this one's own address among them, who they are. */
public final class Greetings {

  private final ClusterNodes nodes;
  private final Peers peers;

  public Greetings(ClusterNodes nodes, Peers peers) {
    this.nodes = nodes;
    this.peers = peers;
  }

  /** Returns what was answered within about two seconds, by the id that the list has there. */
  public Map<Integer, HelloAnswer> ask() {
    var hello = Hello.newBuilder().setNodesDigest(ByteString.copyFrom(nodes.digest())).build();
    var answers = new TreeMap<Integer, CompletableFuture<Optional<HelloAnswer>>>();
    nodes
        .addresses()
        .forEach((id, address) ->
            answers.put(
                id,
                peers
                    .hello(new PeerAddress(address.host(), address.port()), hello)
                    .thenApply(Optional::of)
                    // Who does not answer is not there; who waits for it says so.
                    .exceptionally(failure -> Optional.empty())));
    var present = new TreeMap<Integer, HelloAnswer>();
    answers.forEach((id, answer) -> answer.join().ifPresent(hi -> present.put(id, hi)));
    return present;
  }
}
