package dev.flotilla.server.peer;

import com.google.protobuf.InvalidProtocolBufferException;
import dev.flotilla.proto.peer.PeerAnswer;
import dev.flotilla.proto.peer.PeerRefusal.Reason;
import dev.flotilla.proto.peer.PeerRequest;
import dev.flotilla.proto.peer.Sender;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.function.Supplier;

/**
 * Finds the handler of each request of another node. The node's port is open before all its parts
 * are there: what is not served yet is refused as such, and asked again. Any thread may call.
 */
public final class PeerRequests {

  private final Supplier<Sender> self;
  private final ConcurrentMap<PeerRequest.KindCase, PeerHandler> handlers =
      new ConcurrentHashMap<>();

  /**
   * A router of nothing yet.
   *
   * @param self this node as it is when asked
   */
  public PeerRequests(Supplier<Sender> self) {
    this.self = self;
  }

  /**
   * Serves further kinds from now on.
   *
   * @throws IllegalArgumentException if one of them is served already
   */
  public void serve(List<PeerHandler> added) {
    for (var handler : added) {
      if (handlers.putIfAbsent(handler.kind(), handler) != null) {
        throw new IllegalArgumentException(handler.kind() + " has a handler");
      }
    }
  }

  /** Answers one request; fails where a handler does. */
  public CompletableFuture<ByteBuffer> handle(ByteBuffer bytes) {
    CompletableFuture<PeerAnswer> answer;
    try {
      answer = answer(PeerRequest.parseFrom(bytes));
    } catch (InvalidProtocolBufferException e) {
      answer = refused(Reason.NOT_UNDERSTOOD, "the request cannot be read: " + e.getMessage());
    } catch (PeerRefusedException e) {
      answer = CompletableFuture.failedFuture(e);
    }
    return answer
        .exceptionally(PeerRequests::refusal)
        .thenApply(message -> message.toByteString().asReadOnlyByteBuffer());
  }

  private CompletableFuture<PeerAnswer> answer(PeerRequest request) {
    var kind = request.getKindCase();
    if (kind == PeerRequest.KindCase.KIND_NOT_SET) {
      return refused(Reason.NOT_UNDERSTOOD, "this version does not know the request");
    }
    var mine = self.get().getClusterId();
    var theirs = request.getSender().getClusterId();
    if (kind != PeerRequest.KindCase.HELLO
        && !mine.isEmpty()
        && !theirs.isEmpty()
        && !mine.equals(theirs)) {
      return refused(
          Reason.OTHER_CLUSTER,
          "node %d is of cluster %s, this is node %d of cluster %s"
              .formatted(request.getSender().getNodeId(), theirs, self.get().getNodeId(), mine));
    }
    var handler = handlers.get(kind);
    return handler == null
        ? refused(Reason.NOT_SERVED, "node " + self.get().getNodeId() + " does not serve it now")
        : handler.handle(request);
  }

  private static CompletableFuture<PeerAnswer> refused(Reason reason, String message) {
    return CompletableFuture.failedFuture(new PeerRefusedException(reason, message));
  }

  private static PeerAnswer refusal(Throwable failure) {
    var cause =
        failure instanceof CompletionException && failure.getCause() != null
            ? failure.getCause()
            : failure;
    if (cause instanceof PeerRefusedException refused) {
      return PeerAnswer.newBuilder().setRefusal(refused.refusal()).build();
    }
    throw cause instanceof RuntimeException e ? e : new CompletionException(cause);
  }
}
