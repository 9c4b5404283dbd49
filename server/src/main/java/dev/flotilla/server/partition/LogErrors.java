package dev.flotilla.server.partition;

import dev.flotilla.raft.ReplicatedLogException;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutionException;
import org.apache.kafka.common.errors.ApiException;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.storage.internals.log.RecordValidationException;

/** The protocol's errors for what goes wrong with a partition and its log. */
public final class LogErrors {

  private LogErrors() {}

  /** The error that a client is told. */
  public static Errors of(Throwable failure) {
    return switch (failure) {
      case ReplicatedLogException log -> of(log);
      case RecordValidationException records -> Errors.forException(records.invalidException());
      case CompletionException wrapped when wrapped.getCause() != null -> of(wrapped.getCause());
      case ExecutionException wrapped when wrapped.getCause() != null -> of(wrapped.getCause());
      default -> Errors.forException(failure);
    };
  }

  private static Errors of(ReplicatedLogException failure) {
    return switch (failure) {
      // A leader that is not ready is no leader yet: clients refresh their metadata and come back.
      case ReplicatedLogException.NotLeader lost -> Errors.NOT_LEADER_OR_FOLLOWER;
      case ReplicatedLogException.NotReady early -> Errors.NOT_LEADER_OR_FOLLOWER;
      // Retried by every client, and says that nothing was appended.
      case ReplicatedLogException.Overloaded full -> Errors.NOT_ENOUGH_REPLICAS;
      case ReplicatedLogException.TooLarge large -> Errors.MESSAGE_TOO_LARGE;
      case ReplicatedLogException.OffsetOutOfRange out -> Errors.OFFSET_OUT_OF_RANGE;
      case ReplicatedLogException.Unavailable broken -> Errors.KAFKA_STORAGE_ERROR;
      case ReplicatedLogException.Refused refused -> refusal(refused);
      default -> Errors.UNKNOWN_SERVER_ERROR;
    };
  }

  private static Errors refusal(ReplicatedLogException.Refused refused) {
    return refused.getCause() instanceof ApiException reason
        ? Errors.forException(reason)
        : Errors.UNKNOWN_SERVER_ERROR;
  }

  /** What is said to the client beside the error, for people. */
  public static String message(Throwable failure) {
    Throwable told = failure;
    while ((told instanceof CompletionException
            || told instanceof ExecutionException
            || told instanceof ReplicatedLogException.Refused
            || told instanceof RecordValidationException)
        && told.getCause() != null) {
      told = told.getCause();
    }
    String message = told.getMessage();
    return message != null ? message : of(failure).message();
  }
}
