package dev.flotilla.raft;

import dev.flotilla.storage.StorageEngine;
import java.util.concurrent.Executor;

/**
 * What replicas need of their node, and all replicas of it share.
 *
 * @param config of the node
 * @param metrics summed up over its replicas
 * @param resources closed by the node, after all replicas
 * @param peers the other nodes
 */
record ReplicaContext(
    RaftNodeConfig config, NodeMetrics metrics, NodeResources resources, Peers peers) {

  /** Runs what may wait: for a disk, or for a lock of Raft. */
  Executor background() {
    return resources.background();
  }

  StorageEngine engine(String name) {
    return resources.engines().engine(name);
  }

  ColdReads coldReads() {
    return resources.coldReads();
  }

  QueueBudget queueBudget() {
    return resources.queueBudget();
  }

  /** How much of what is durable one log keeps in memory at most. */
  long recentBytesPerLog() {
    return NodeResources.RECENT_BYTES_PER_LOG;
  }
}
