package dev.flotilla.server.metadata;

import java.nio.ByteBuffer;
import java.util.UUID;
import org.apache.kafka.common.TopicIdPartition;
import org.apache.kafka.common.Uuid;

/**
 * A partition's replica on this node.
 *
 * @param partition the partition
 * @param group the Raft group that keeps the partition's log
 */
public record Replica(TopicIdPartition partition, UUID group) {

  public static Replica of(TopicIdPartition partition) {
    return new Replica(partition, groupOf(partition.topicId(), partition.partition()));
  }

  /**
   * The Raft group of a partition: a name-based UUID of topic id and partition. Topic ids are never
   * used twice, so neither are groups.
   */
  public static UUID groupOf(Uuid topicId, int partition) {
    var name =
        ByteBuffer.allocate(2 * Long.BYTES + Integer.BYTES)
            .putLong(topicId.getMostSignificantBits())
            .putLong(topicId.getLeastSignificantBits())
            .putInt(partition);
    return UUID.nameUUIDFromBytes(name.array());
  }

  @Override
  public String toString() {
    return partition.topicPartition() + " (" + group + ")";
  }
}
