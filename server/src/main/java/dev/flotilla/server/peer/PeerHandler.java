package dev.flotilla.server.peer;

import dev.flotilla.proto.peer.PeerAnswer;
import dev.flotilla.proto.peer.PeerRequest;
import java.util.concurrent.CompletableFuture;

/** Answers one kind of request of other nodes. */
public interface PeerHandler {

  /** The kind it answers. */
  PeerRequest.KindCase kind();

  /**
   * Answers a request of its kind. Called on a virtual thread of its own, which it may block, for
   * many requests at the same time. It throws, or its future fails with, {@link
   * PeerRefusedException} to refuse; anything else is a fault, of which the caller learns the
   * message.
   */
  CompletableFuture<PeerAnswer> handle(PeerRequest request);
}
