package dev.flotilla.server.api;

import dev.flotilla.raft.ReplicatedLogException;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeoutException;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.requests.ApiError;

/** What clients are told when metadata could not be changed. */
final class MetadataErrors {

  private MetadataErrors() {}

  /**
   * The error of the protocol for a failure of a future or a call. Where the metadata group has no
   * leader that serves, the client is sent to look for the controller again, which it repeats until
   * its own deadline.
   */
  static ApiError of(Throwable failure) {
    return switch (failure) {
      case CompletionException e when e.getCause() != null -> of(e.getCause());
      case ExecutionException e when e.getCause() != null -> of(e.getCause());
      case TimeoutException e -> new ApiError(Errors.REQUEST_TIMED_OUT);
      case ReplicatedLogException.NotLeader e -> notController(e);
      case ReplicatedLogException.NotReady e -> notController(e);
      case ReplicatedLogException.Overloaded e -> notController(e);
      case ReplicatedLogException.Unavailable e -> notController(e);
      default -> ApiError.fromThrowable(failure);
    };
  }

  private static ApiError notController(Throwable failure) {
    return new ApiError(Errors.NOT_CONTROLLER, failure.getMessage());
  }
}
