package dev.flotilla.server.metadata;

import com.google.protobuf.ByteString;
import com.google.protobuf.UnsafeByteOperations;
import dev.flotilla.proto.peer.PeerAnswer;
import dev.flotilla.proto.peer.PeerRefusal.Reason;
import dev.flotilla.proto.peer.PeerRequest;
import dev.flotilla.proto.peer.SubmitCommandAnswer;
import dev.flotilla.raft.ReplicatedLogException;
import dev.flotilla.server.peer.PeerHandler;
import dev.flotilla.server.peer.PeerRefusedException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;

/** Appends the commands of other nodes, where this one leads the metadata group. */
public final class SubmitCommandHandler implements PeerHandler {

  private final Metadata metadata;

  public SubmitCommandHandler(Metadata metadata) {
    this.metadata = metadata;
  }

  @Override
  public PeerRequest.KindCase kind() {
    return PeerRequest.KindCase.SUBMIT_COMMAND;
  }

  @Override
  public CompletableFuture<PeerAnswer> handle(PeerRequest request) {
    PeerRefusedException.unlessReady(metadata.leadership());
    return metadata
        .submitHere(request.getSubmitCommand().getCommand())
        .handle((answer, failure) ->
            failure == null
                ? SubmitCommandAnswer.newBuilder()
                    .setAnswer(UnsafeByteOperations.unsafeWrap(answer))
                : answer(failure))
        .thenApply(answer -> PeerAnswer.newBuilder().setSubmitCommand(answer).build());
  }

  private static SubmitCommandAnswer.Builder answer(Throwable failure) {
    var cause =
        failure instanceof CompletionException && failure.getCause() != null
            ? failure.getCause()
            : failure;
    return switch (cause) {
      case ReplicatedLogException.Overloaded e ->
          throw new PeerRefusedException(Reason.OVERLOADED, String.valueOf(e.getMessage()));
      case ReplicatedLogException.NotReady e ->
          throw new PeerRefusedException(Reason.NOT_LEADER, String.valueOf(e.getMessage()));
      case ReplicatedLogException.TooLarge e ->
          SubmitCommandAnswer.newBuilder().setTooLarge(String.valueOf(e.getMessage()));
      default -> SubmitCommandAnswer.newBuilder().setUnknown(String.valueOf(cause.getMessage()));
    };
  }

  static ByteString bytesOf(SubmitCommandAnswer answer) {
    return switch (answer.getResultCase()) {
      case ANSWER -> answer.getAnswer();
      case TOO_LARGE -> throw new ReplicatedLogException.TooLarge(answer.getTooLarge());
      case UNKNOWN -> throw new ReplicatedLogException.Unavailable(answer.getUnknown());
      case RESULT_NOT_SET ->
          throw new ReplicatedLogException.Unavailable("the leader's answer is not understood");
    };
  }
}
