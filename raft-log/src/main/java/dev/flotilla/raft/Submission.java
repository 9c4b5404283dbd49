package dev.flotilla.raft;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.atomic.AtomicLong;
import org.apache.ratis.protocol.ClientId;
import org.apache.ratis.protocol.Message;
import org.apache.ratis.protocol.RaftClientReply;
import org.apache.ratis.protocol.RaftClientRequest;
import org.apache.ratis.protocol.RaftGroupMemberId;
import org.apache.ratis.protocol.exceptions.LeaderNotReadyException;
import org.apache.ratis.protocol.exceptions.LeaderSteppingDownException;
import org.apache.ratis.protocol.exceptions.NotLeaderException;
import org.apache.ratis.protocol.exceptions.ResourceUnavailableException;
import org.apache.ratis.protocol.exceptions.ServerNotReadyException;
import org.apache.ratis.thirdparty.com.google.protobuf.ByteString;

/** Hands entries and commands to a group of this process, and translates what comes of it. */
final class Submission {

  /** All requests of this process; each has a call id of its own, so Ratis retries nothing. */
  private static final ClientId CLIENT = ClientId.randomId();

  private static final AtomicLong CALL_IDS = new AtomicLong();

  private Submission() {}

  /**
   * Submits an entry of records, as {@link EntrySink#submit} says. Enters Ratis on the caller's
   * thread, which may wait for the group's monitor.
   */
  static CompletableFuture<Void> entry(Replica replica, BuiltEntry entry) {
    return submit(replica, new EntryMessage(entry))
        .handle((reply, failure) -> {
          Throwable cause = failure != null ? cause(failure) : reply.getException();
          if (cause instanceof NotLeaderException || cause instanceof ReplicatedLogException) {
            throw new CompletionException(cause);
          }
          if (cause != null) {
            // All other refusals come before the entry is appended.
            throw new EntrySink.NotAppended(translated(replica, cause));
          }
          return null;
        });
  }

  /** Submits a command; complete with the answer of what it was applied to. Never waits. */
  static CompletableFuture<ByteBuffer> command(Replica replica, ByteBuffer command) {
    // Ratis would take it for a failure of the leader, or for a reason to stop sending.
    int limit = replica.node().config().maxEntryBytes() - RatisSettings.ENTRY_OVERHEAD_BYTES;
    if (command.remaining() > limit) {
      return CompletableFuture.failedFuture(
          new ReplicatedLogException.TooLarge(
              "%s: a command of %d bytes, at most %d"
                  .formatted(replica.name(), command.remaining(), limit)));
    }
    Message message = Message.valueOf(ByteString.copyFrom(command.duplicate()));
    CompletableFuture<RaftClientReply> submitted = new CompletableFuture<>();
    replica.node().background().execute(() -> forward(submit(replica, message), submitted));
    return submitted.handle((reply, failure) -> {
      Throwable cause = failure != null ? cause(failure) : reply.getException();
      if (cause != null) {
        throw translated(replica, cause);
      }
      return reply.getMessage().getContent().asReadOnlyByteBuffer();
    });
  }

  private static <T> void forward(CompletableFuture<T> from, CompletableFuture<T> to) {
    var _ =
        from.whenComplete((result, failure) -> {
          if (failure == null) {
            to.complete(result);
          } else {
            to.completeExceptionally(failure);
          }
        });
  }

  private static CompletableFuture<RaftClientReply> submit(Replica replica, Message message) {
    try {
      return replica.member().division().submit(request(replica, message));
    } catch (IOException | RuntimeException e) {
      return CompletableFuture.failedFuture(e);
    }
  }

  private static RaftClientRequest request(Replica replica, Message message) {
    RaftGroupMemberId member = replica.member().division().memberId();
    return RaftClientRequest.newBuilder()
        .setClientId(CLIENT)
        .setServerId(member.getPeerId())
        .setGroupId(member.getGroupId())
        .setCallId(CALL_IDS.incrementAndGet())
        .setMessage(message)
        .setType(RaftClientRequest.writeRequestType())
        .build();
  }

  private static Throwable cause(Throwable failure) {
    return failure instanceof CompletionException && failure.getCause() != null
        ? failure.getCause()
        : failure;
  }

  private static ReplicatedLogException translated(Replica replica, Throwable cause) {
    String log = replica.name();
    return switch (cause) {
      case NotLeaderException e ->
          new ReplicatedLogException.NotLeader(log, replica.member().leadership().current());
      case LeaderSteppingDownException e ->
          new ReplicatedLogException.NotLeader(log, replica.member().leadership().current());
      case LeaderNotReadyException e -> new ReplicatedLogException.NotReady(log);
      case ServerNotReadyException e -> new ReplicatedLogException.Unavailable(log + ": " + e);
      case ResourceUnavailableException e ->
          new ReplicatedLogException.Overloaded(log + ": " + e.getMessage());
      default -> new ReplicatedLogException.Unavailable(log + ": " + cause);
    };
  }
}
