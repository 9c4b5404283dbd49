package dev.flotilla.server.partition;

import dev.flotilla.raft.Leadership;

/**
 * Told what happens to the partitions of this node. Calls for one partition come one at a time, in
 * order, mostly on threads of Raft: hand over and return, and do not call the partition's log.
 */
public interface PartitionListener {

  /** Leader, term or readiness of a partition changed, or the partition was opened. */
  default void leadershipChanged(Partition partition, Leadership leadership) {}

  /** Records below this offset may be read now. */
  default void highWatermarkChanged(Partition partition, long highWatermark) {}

  /** The partition's replica was closed or deleted here; nothing else is heard of it. */
  default void deleted(Partition partition) {}
}
