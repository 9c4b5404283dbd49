package dev.flotilla.server.partition;

import dev.flotilla.raft.Leadership;
import dev.flotilla.server.metadata.LeadershipReports;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.apache.kafka.common.TopicIdPartition;

/**
 * Says in the metadata which partitions this node leads. It speaks once it is ready, when the
 * replicas that are caught up become others, and when it has given up; a newer leader's word is
 * heard over its last one, being of a higher term.
 *
 * <p>Any thread may call. What is said of a partition is said in the order in which it happened.
 */
final class LeaderReporter implements PartitionListener {

  private final int nodeId;
  private final LeadershipReports reports;

  // Guarded by this object, and reports are made under its lock: they return at once.
  private final Map<TopicIdPartition, List<Integer>> replicas = new HashMap<>();
  private final Map<TopicIdPartition, Said> led = new HashMap<>();

  private record Said(int term, List<Integer> caughtUp) {}

  LeaderReporter(int nodeId, LeadershipReports reports) {
    this.nodeId = nodeId;
    this.reports = reports;
  }

  /** Names the nodes of a partition's replicas, before anything is heard of it. */
  synchronized void replicas(TopicIdPartition partition, List<Integer> nodeIds) {
    replicas.put(partition, nodeIds);
  }

  /** A new leader takes all replicas for caught up, until it is known how far each of them is. */
  @Override
  public synchronized void leadershipChanged(Partition partition, Leadership leadership) {
    TopicIdPartition id = partition.id();
    if (leadership instanceof Leadership.Ready ready) {
      say(id, ready.term(), replicas.getOrDefault(id, List.of(nodeId)));
      return;
    }
    if (leadership instanceof Leadership.ReadOnly) {
      return;
    }
    giveUp(id);
  }

  private void giveUp(TopicIdPartition id) {
    Said last = led.remove(id);
    if (last != null) {
      reports.report(id, last.term(), LeadershipReports.NO_LEADER, last.caughtUp());
    }
  }

  /** These replicas are caught up, as was seen while this node led in a term. */
  synchronized void caughtUp(TopicIdPartition partition, int term, List<Integer> nodeIds) {
    Said last = led.get(partition);
    if (last != null && last.term() == term && !last.caughtUp().equals(nodeIds)) {
      say(partition, term, nodeIds);
    }
  }

  private void say(TopicIdPartition partition, int term, List<Integer> caughtUp) {
    led.put(partition, new Said(term, caughtUp));
    reports.report(partition, term, nodeId, caughtUp);
  }

  @Override
  public synchronized void deleted(Partition partition) {
    giveUp(partition.id());
    replicas.remove(partition.id());
  }
}
