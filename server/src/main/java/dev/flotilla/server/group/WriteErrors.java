package dev.flotilla.server.group;

import dev.flotilla.raft.ReplicatedLogException;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.errors.KafkaStorageException;
import org.apache.kafka.common.errors.NotEnoughReplicasException;
import org.apache.kafka.common.errors.NotLeaderOrFollowerException;
import org.apache.kafka.common.errors.RecordTooLargeException;

/**
 * What Kafka's coordinator is told when its log refuses a batch. The coordinator makes its clients'
 * errors of it: a client looks up the coordinator again for all but a batch that is too large.
 */
final class WriteErrors {

  private WriteErrors() {}

  static KafkaException of(ReplicatedLogException refused) {
    return switch (refused) {
      case ReplicatedLogException.NotLeader e ->
          new NotLeaderOrFollowerException(e.getMessage(), e);
      case ReplicatedLogException.NotReady e -> new NotLeaderOrFollowerException(e.getMessage(), e);
      case ReplicatedLogException.Overloaded e -> new NotEnoughReplicasException(e.getMessage(), e);
      case ReplicatedLogException.TooLarge e -> new RecordTooLargeException(e.getMessage(), e);
      default -> new KafkaStorageException(refused.getMessage(), refused);
    };
  }
}
