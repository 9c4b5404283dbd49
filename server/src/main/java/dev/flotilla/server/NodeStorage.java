package dev.flotilla.server;

import dev.flotilla.raft.CheckedEntries;
import dev.flotilla.raft.ReplicatedLogException;
import dev.flotilla.raft.StoredLog;
import dev.flotilla.server.partition.Partition;
import dev.flotilla.server.partition.Partitions;
import dev.flotilla.server.partition.Topics;
import dev.flotilla.server.status.StorageCheck;
import dev.flotilla.server.status.StorageReport;
import dev.flotilla.server.status.StorageReport.Stored;
import java.util.Comparator;
import java.util.Map;
import org.apache.kafka.common.TopicPartition;

/**
 * What a node's replicas take on its disk, for who asks over HTTP.
 *
 * <pre>
 *   GET /storage                                         of each replica
 *   GET /storage/check?topic=NAME&amp;partition=N&amp;index=N   reads entries of one, from an index on, and
 *                                                        verifies them; says where to go on
 * </pre>
 */
final class NodeStorage {

  /** Read for one question: a fraction of a second of a disk's time. */
  private static final long CHECKED_BYTES = 8 << 20;

  private final Partitions partitions;
  private final Topics topics;

  NodeStorage(Partitions partitions, Topics topics) {
    this.partitions = partitions;
    this.topics = topics;
  }

  StorageReport report() {
    return new StorageReport(
        partitions.nodeId(),
        partitions.all().stream()
            .map(this::stored)
            .sorted(Comparator.comparing(Stored::topic).thenComparingInt(Stored::partition))
            .toList());
  }

  private Stored stored(Partition partition) {
    TopicPartition name = partition.topicPartition();
    StoredLog log;
    String problem = "";
    try {
      log = partition.log().stored();
    } catch (ReplicatedLogException e) {
      log = new StoredLog("", 0, 0, 0, 0, 0);
      problem = String.valueOf(e.getMessage());
    }
    return new Stored(
        name.toString(),
        name.topic(),
        name.partition(),
        log.engine(),
        topics.engine(name.topic()),
        log.diskBytes(),
        log.entries(),
        log.firstIndex(),
        log.startOffset(),
        log.endOffset(),
        problem);
  }

  /**
   * Reads some entries.
   *
   * @throws IllegalArgumentException if what is asked cannot be understood
   */
  StorageCheck check(Map<String, String> query) {
    TopicPartition asked = NodeDigests.asked(query);
    long index = NodeDigests.number(query, "index");
    try {
      return partitions
          .find(asked)
          .map(partition -> of(partition.log().check(index, CHECKED_BYTES)))
          .orElseGet(() -> StorageCheck.wrong("it does not run here"));
    } catch (ReplicatedLogException e) {
      return StorageCheck.wrong(String.valueOf(e.getMessage()));
    }
  }

  static StorageCheck of(CheckedEntries checked) {
    return new StorageCheck(
        checked.nextIndex(), checked.endIndex(), checked.entries(), checked.bytes(), "");
  }
}
