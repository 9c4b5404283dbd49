package dev.flotilla.server.metadata;

import dev.flotilla.proto.peer.SubmitCommand;
import dev.flotilla.proto.peer.SubmitCommandAnswer;
import java.util.concurrent.CompletableFuture;

/** How a node hands a command to the one that leads the metadata group. */
@FunctionalInterface
public interface LeaderCalls {

  /** Of a node alone, which leads the group itself. */
  LeaderCalls ALONE =
      (nodeId, command) ->
          CompletableFuture.failedFuture(new IllegalStateException("there is no other node"));

  /**
   * Hands a command to a node. Fails with {@link dev.flotilla.server.peer.PeerRefusedException} if
   * it was refused; after any other failure its outcome is unknown.
   */
  CompletableFuture<SubmitCommandAnswer> submit(int nodeId, SubmitCommand command);
}
