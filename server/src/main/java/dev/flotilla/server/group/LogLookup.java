package dev.flotilla.server.group;

import dev.flotilla.raft.ReplicatedLog;
import org.apache.kafka.common.TopicPartition;
import org.jspecify.annotations.Nullable;

/** Finds the log of a partition's replica on this node. */
@FunctionalInterface
public interface LogLookup {

  /** The log, null if no replica of the partition runs here. Returns at once. */
  @Nullable ReplicatedLog logOf(TopicPartition partition);
}
