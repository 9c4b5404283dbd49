package dev.flotilla.server.group;

import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.apache.kafka.common.TopicPartition;

/** The partitions of {@code __consumer_offsets} that this node has had to do with. */
final class OffsetsPartitions {

  private final Map<TopicPartition, OffsetsPartition> partitions = new ConcurrentHashMap<>();
  private final LogLookup logs;
  private final Elections elections;

  OffsetsPartitions(LogLookup logs, Elections elections) {
    this.logs = logs;
    this.elections = elections;
  }

  OffsetsPartition of(TopicPartition partition) {
    return partitions.computeIfAbsent(partition, p -> new OffsetsPartition(p, logs, elections));
  }
}
