package dev.flotilla.server;

import dev.flotilla.raft.StoredLog;
import dev.flotilla.raft.StoredReplicas;
import dev.flotilla.raft.StoredReplicas.Check;
import dev.flotilla.raft.StoredReplicas.Found;
import dev.flotilla.server.config.NodeConfig;
import dev.flotilla.server.metadata.MetadataGroup;
import dev.flotilla.server.status.StorageCheck;
import dev.flotilla.server.status.StorageReport;
import dev.flotilla.server.status.StorageReport.Stored;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

/**
 * What a node that does not run has on its disk; the node cannot start until this is closed. Used
 * by one thread.
 */
public final class StoppedNode implements AutoCloseable {

  private final DataDirectory directory;
  private final StoredReplicas metadata;
  private final StoredReplicas partitions;

  private StoppedNode(DataDirectory directory, StoredReplicas metadata, StoredReplicas partitions) {
    this.directory = directory;
    this.metadata = metadata;
    this.partitions = partitions;
  }

  /**
   * Locks a node's data directory.
   *
   * @param config with the directory, and the settings of its engines
   * @throws IOException if it is no node's, or its node runs; the message says which
   */
  public static StoppedNode open(NodeConfig config) throws IOException {
    DataDirectory directory = DataDirectory.openStopped(config.directory());
    try {
      return new StoppedNode(
          directory,
          MetadataGroup.stored(directory, config.storageEngine()),
          new StoredReplicas(NodePartitions.raftConfig(config, directory)));
    } catch (IOException | RuntimeException e) {
      directory.close();
      throw e;
    }
  }

  /** All replicas, that of the metadata first. */
  public StorageReport report() throws IOException {
    List<Stored> all = new ArrayList<>();
    for (StoredReplicas replicas : List.of(metadata, partitions)) {
      replicas.all().forEach(found -> all.add(stored(found)));
    }
    return new StorageReport(directory.identity().nodeId(), all);
  }

  private static Stored stored(Found found) {
    StoredLog log = found.log().orElseGet(() -> new StoredLog("", 0, 0, 0, 0, 0));
    int dash = found.name().lastIndexOf('-');
    boolean isPartition = dash > 0 && found.name().substring(dash + 1).matches("\\d{1,9}");
    return new Stored(
        found.name(),
        isPartition ? found.name().substring(0, dash) : "",
        isPartition ? Integer.parseInt(found.name().substring(dash + 1)) : 0,
        log.engine(),
        "",
        log.diskBytes(),
        log.entries(),
        log.firstIndex(),
        log.startOffset(),
        log.endOffset(),
        found.problem());
  }

  /** Reads all entries of all replicas and verifies them. */
  public StorageCheck.Summary check() throws IOException {
    StorageCheck.Summary summary = StorageCheck.Summary.NONE;
    for (StoredReplicas replicas : List.of(metadata, partitions)) {
      for (Found found : replicas.all()) {
        StorageCheck check =
            found.problem().isEmpty()
                ? check(replicas.check(found.group()))
                : StorageCheck.wrong(found.problem());
        summary = summary.and(directory.identity().nodeId(), found.name(), check);
      }
    }
    return summary;
  }

  private static StorageCheck check(Check check) {
    return switch (check) {
      case Check.Sound(var entries) -> NodeStorage.of(entries);
      case Check.Damaged(var reason) -> StorageCheck.wrong(reason);
    };
  }

  @Override
  public void close() throws IOException {
    try {
      partitions.close();
      metadata.close();
    } finally {
      directory.close();
    }
  }
}
