package dev.flotilla.server.metadata;

import java.util.List;
import org.apache.kafka.common.TopicIdPartition;

/** Where the ready leader of a partition says so, for the metadata image. Any thread may call. */
@FunctionalInterface
public interface LeadershipReports {

  /** What a report names as the leader when the one it named before gave up. */
  int NO_LEADER = -1;

  /**
   * Reports a partition's leader. Soft state: never stored, repeated when a node starts. Reports of
   * an older term than one already seen are ignored; one of the same term replaces it. Returns at
   * once; the image follows.
   *
   * @param term the term it leads, the leader epoch of the protocol
   * @param leader the leader's node id, or {@link #NO_LEADER}
   * @param caughtUp the replicas that are caught up, in the protocol's words the ISR, by node id
   */
  void report(TopicIdPartition partition, int term, int leader, List<Integer> caughtUp);
}
