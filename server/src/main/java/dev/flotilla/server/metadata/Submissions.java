package dev.flotilla.server.metadata;

import com.google.protobuf.ByteString;
import com.google.protobuf.InvalidProtocolBufferException;
import dev.flotilla.proto.metadata.CommandAnswer;
import dev.flotilla.proto.peer.SubmitCommand;
import dev.flotilla.raft.CommandLog;
import dev.flotilla.raft.Leadership;
import dev.flotilla.raft.ReplicatedLogException;
import dev.flotilla.server.peer.PeerRefusedException;
import dev.flotilla.server.peer.Peers;
import java.time.Duration;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Supplier;

/**
 * Brings commands to whoever leads the metadata group: this node, or the one that it or the one
 * asked before names.
 *
 * <p>What was certainly not appended is tried again while the group has no leader, for a while.
 * What may have been appended is not.
 */
final class Submissions implements AutoCloseable {

  /** Several elections long. */
  private static final Duration PATIENCE = Duration.ofSeconds(10);

  private static final Duration PAUSE = Duration.ofMillis(50);

  /** What is repeated for ever is not repeated at once. */
  private static final Executor LATER =
      CompletableFuture.delayedExecutor(
          2 * PAUSE.toMillis(), TimeUnit.MILLISECONDS, Thread::startVirtualThread);

  private final int nodeId;
  private final CommandLog log;
  private final LeaderCalls leader;

  /** Written by whoever closes, read by any thread. */
  private volatile boolean closed;

  Submissions(int nodeId, CommandLog log, LeaderCalls leader) {
    this.nodeId = nodeId;
    this.log = log;
    this.leader = leader;
  }

  private sealed interface Attempt {

    /** It was applied, with this answer. */
    record Appended(ByteString answer) implements Attempt {}

    /** It was not, and will not be. Whoever said so may have named the leader. */
    record NotAppended(String reason, OptionalInt leader) implements Attempt {}
  }

  /**
   * Completes when the command is applied by the leader; fails with a {@link
   * ReplicatedLogException}.
   */
  CompletableFuture<CommandAnswer> submit(ByteString command) {
    if (log.leadership() instanceof Leadership.Ready) {
      return log.submit(command.asReadOnlyByteBuffer())
          .thenApply(bytes -> parsed(ByteString.copyFrom(bytes)));
    }
    var result = new CompletableFuture<CommandAnswer>();
    Thread.ofVirtual()
        .name("metadata-submit")
        .start(() -> {
          try {
            result.complete(parsed(untilAppended(command)));
          } catch (RuntimeException e) {
            result.completeExceptionally(e);
          }
        });
    return result;
  }

  private static CommandAnswer parsed(ByteString bytes) {
    try {
      return CommandAnswer.parseFrom(bytes);
    } catch (InvalidProtocolBufferException e) {
      throw new IllegalStateException("an answer that cannot be read", e);
    }
  }

  private ByteString untilAppended(ByteString command) {
    var deadline = System.nanoTime() + PATIENCE.toNanos();
    var named = OptionalInt.empty();
    while (true) {
      switch (attempt(command, named)) {
        case Attempt.Appended(var answer) -> {
          return answer;
        }
        case Attempt.NotAppended(var reason, var leader) -> {
          if (closed || System.nanoTime() - deadline > 0) {
            throw new ReplicatedLogException.Unavailable(
                "the metadata group cannot be changed: " + reason);
          }
          named = leader;
        }
      }
      LockSupport.parkNanos(PAUSE.toNanos());
    }
  }

  private Attempt attempt(ByteString command, OptionalInt named) {
    var leadership = log.leadership();
    return switch (leadership) {
      case Leadership.Ready ready -> here(command);
      case Leadership.ReadOnly failing -> notAppended("its leader's disk failed");
      case Leadership.NotReady not -> notAppended("its leader is not ready");
      case Leadership.Failed failed ->
          throw new ReplicatedLogException.Unavailable(failed.reason());
      case Leadership.Following following -> {
        var known = named.isPresent() ? named : optional(following.leaderNodeId());
        yield known.isPresent() && known.getAsInt() != nodeId
            ? there(known.getAsInt(), command)
            : notAppended("it has no leader");
      }
    };
  }

  private static OptionalInt optional(Optional<Integer> value) {
    return value.isPresent() ? OptionalInt.of(value.get()) : OptionalInt.empty();
  }

  private static Attempt notAppended(String reason) {
    return new Attempt.NotAppended(reason, OptionalInt.empty());
  }

  private Attempt here(ByteString command) {
    try {
      var answer = log.submit(command.asReadOnlyByteBuffer()).join();
      return new Attempt.Appended(ByteString.copyFrom(answer));
    } catch (CompletionException e) {
      return switch (e.getCause()) {
        case ReplicatedLogException.NotReady refused -> notAppended(refused.toString());
        case ReplicatedLogException.Overloaded refused -> notAppended(refused.toString());
        case ReplicatedLogException unknown -> throw unknown;
        case null, default -> throw e;
      };
    }
  }

  private Attempt there(int node, ByteString command) {
    try {
      var request = SubmitCommand.newBuilder().setCommand(command).build();
      var answer = leader.submit(node, request).join();
      return new Attempt.Appended(SubmitCommandHandler.bytesOf(answer));
    } catch (CompletionException e) {
      if (e.getCause() instanceof PeerRefusedException refused) {
        return switch (refused.reason()) {
          case NOT_LEADER, NOT_SERVED, OVERLOADED ->
              new Attempt.NotAppended(String.valueOf(refused.getMessage()), refused.leader());
          default ->
              throw new ReplicatedLogException.Unavailable(
                  "node " + node + " refuses: " + refused.getMessage());
        };
      }
      if (Peers.neverSent(e)) {
        return notAppended(String.valueOf(e.getCause()));
      }
      throw new ReplicatedLogException.Unavailable("node " + node + ": " + e.getCause());
    }
  }

  /** Does something after a pause. */
  static <T> CompletableFuture<T> later(Supplier<CompletableFuture<T>> what) {
    return CompletableFuture.completedFuture(what).thenComposeAsync(Supplier::get, LATER);
  }

  boolean closed() {
    return closed;
  }

  /** Whoever waits for a leader is told that there is none. */
  @Override
  public void close() {
    closed = true;
  }
}
