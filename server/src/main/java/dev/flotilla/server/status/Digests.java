package dev.flotilla.server.status;

import java.util.List;
import java.util.Optional;

/**
 * What one node's replicas hold, in a few numbers: replicas of a partition with the same digest at
 * an index hold the same records up to it.
 *
 * @param node who says so
 * @param replicas of partitions, as far as the node can read them
 */
public record Digests(int node, List<ReplicaDigest> replicas) {

  /**
   * A replica.
   *
   * @param index of an entry of the partition's Raft log
   * @param endOffset the offset behind its records
   * @param digest over all records up to there, in hexadecimal digits
   */
  public record ReplicaDigest(
      String topic, int partition, long index, long endOffset, String digest) {

    String name() {
      return topic + "-" + partition;
    }
  }

  public String json() {
    return Status.json(this);
  }

  /** Empty if the text is none of these. */
  static Optional<Digests> parse(String json) {
    return Status.parse(json, Digests.class);
  }
}
