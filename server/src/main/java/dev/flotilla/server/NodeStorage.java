package dev.flotilla.server;

import dev.flotilla.raft.CheckedEntries;
import dev.flotilla.raft.ReplicatedLogException;
import dev.flotilla.raft.StoredLog;
import dev.flotilla.server.metadata.MetadataGroup;
import dev.flotilla.server.partition.Partition;
import dev.flotilla.server.partition.Partitions;
import dev.flotilla.server.partition.Topics;
import dev.flotilla.server.status.Status;
import dev.flotilla.server.status.StorageCheck;
import dev.flotilla.server.status.StorageReport;
import dev.flotilla.server.status.StorageReport.Stored;
import dev.flotilla.storage.StorageException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.apache.kafka.common.TopicPartition;

/**
 * What a node's replicas take on its disk, for who asks over HTTP.
 *
 * <pre>
 *   GET /storage                                         of each replica
 *   GET /storage/check?topic=NAME&amp;partition=N&amp;index=N   reads entries of one, from an index on, and
 *                                                        verifies them; says where to go on. Of
 *                                                        the metadata without a name
 * </pre>
 */
final class NodeStorage {

  /** Read for one question: a fraction of a second of a disk's time. */
  private static final long CHECKED_BYTES = 8 << 20;

  /** In place of a topic: what keeps the metadata is no partition. */
  private static final String NO_TOPIC = "";

  private final Partitions partitions;
  private final Topics topics;
  private final MetadataGroup metadata;
  private final NodeStatus known;

  NodeStorage(Partitions partitions, Topics topics, MetadataGroup metadata, NodeStatus known) {
    this.known = known;
    this.partitions = partitions;
    this.topics = topics;
    this.metadata = metadata;
  }

  /**
   * All replicas here, also those that cannot be used.
   *
   * @param notReady why the node is not; some replicas may be missing then
   */
  StorageReport report(Optional<String> notReady) {
    List<Stored> all = new ArrayList<>();
    metadata.stored().ifPresent(log -> all.add(stored("metadata", NO_TOPIC, 0, log, "", "")));
    partitions.all().stream()
        .map(this::stored)
        .sorted(Comparator.comparing(Stored::topic).thenComparingInt(Stored::partition))
        .forEach(all::add);
    known.impairedHere().stream()
        .filter(this::isClosed)
        .map(NodeStorage::unusable)
        .forEach(all::add);
    return notReady
        .map(why -> StorageReport.notReady(partitions.nodeId(), why, all))
        .orElseGet(() -> new StorageReport(partitions.nodeId(), all));
  }

  private boolean isClosed(Status.ReplicaState replica) {
    return partitions.find(new TopicPartition(replica.topic(), replica.partition())).isEmpty();
  }

  private static Stored unusable(Status.ReplicaState replica) {
    return Stored.unusable(
        replica.topic() + "-" + replica.partition(),
        replica.topic(),
        replica.partition(),
        replica.state() + ": " + replica.reason());
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
    return stored(
        name.toString(), name.topic(), name.partition(), log, topics.engine(name.topic()), problem);
  }

  private static Stored stored(
      String name, String topic, int partition, StoredLog log, String wanted, String problem) {
    return new Stored(
        name,
        topic,
        partition,
        log.engine(),
        wanted,
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
      Optional<CheckedEntries> checked =
          asked.topic().equals(NO_TOPIC)
              ? metadata.check(index, CHECKED_BYTES)
              : partitions
                  .find(asked)
                  .map(partition -> partition.log().check(index, CHECKED_BYTES));
      return checked
          .map(NodeStorage::of)
          .orElseGet(() -> StorageCheck.wrong("it does not run here"));
    } catch (ReplicatedLogException | StorageException e) {
      return StorageCheck.wrong(String.valueOf(e.getMessage()));
    }
  }

  static StorageCheck of(CheckedEntries checked) {
    return new StorageCheck(
        checked.nextIndex(), checked.endIndex(), checked.entries(), checked.bytes(), "");
  }
}
