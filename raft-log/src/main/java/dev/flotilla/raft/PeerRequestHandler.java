package dev.flotilla.raft;

import java.nio.ByteBuffer;
import java.util.concurrent.CompletableFuture;

/** Answers what other nodes ask of this one, see {@link Peers#call}. */
@FunctionalInterface
public interface PeerRequestHandler {

  /**
   * Answers one request. Called on a virtual thread of its own, which it may block, for many
   * requests at the same time, and from the moment that the node's port is open: before {@link
   * RaftNode#start} returns, and without any group.
   *
   * @param request the caller's bytes; the handler's to keep
   * @return completes with the answer, whose bytes nobody changes afterwards; a failure reaches the
   *     caller as {@link PeerException.Failed} with its message
   */
  CompletableFuture<ByteBuffer> handle(ByteBuffer request);
}
