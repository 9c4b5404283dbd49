package dev.flotilla.server.partition;

import dev.flotilla.raft.Leadership;
import dev.flotilla.server.metadata.LeadershipReports;
import java.util.List;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import org.apache.kafka.common.TopicIdPartition;

/**
 * Says in the metadata which partitions this node leads. It speaks once it is ready, and again when
 * it has given up; a newer leader's word is heard over its last one, being of a higher term. While
 * its disk is broken it stays the one to read from, until then.
 */
final class LeaderReporter implements PartitionListener {

  private final int nodeId;
  private final LeadershipReports reports;
  private final ConcurrentMap<TopicIdPartition, List<Integer>> replicas = new ConcurrentHashMap<>();
  private final ConcurrentMap<TopicIdPartition, Integer> ledTerms = new ConcurrentHashMap<>();

  LeaderReporter(int nodeId, LeadershipReports reports) {
    this.nodeId = nodeId;
    this.reports = reports;
  }

  /** Names the nodes of a partition's replicas, before anything is heard of it. */
  void replicas(TopicIdPartition partition, List<Integer> nodeIds) {
    replicas.put(partition, nodeIds);
  }

  @Override
  public void leadershipChanged(Partition partition, Leadership leadership) {
    TopicIdPartition id = partition.id();
    if (leadership instanceof Leadership.Ready ready) {
      ledTerms.put(id, ready.term());
      reports.report(id, ready.term(), nodeId, replicas.getOrDefault(id, List.of(nodeId)));
      return;
    }
    if (leadership instanceof Leadership.ReadOnly) {
      return;
    }
    Integer ledTerm = ledTerms.remove(id);
    if (ledTerm != null) {
      reports.report(id, ledTerm, LeadershipReports.NO_LEADER, List.of());
    }
  }

  @Override
  public void deleted(Partition partition) {
    ledTerms.remove(partition.id());
    replicas.remove(partition.id());
  }
}
