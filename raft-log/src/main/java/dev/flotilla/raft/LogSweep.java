package dev.flotilla.raft;

import dev.flotilla.proto.ReplicaDescriptor;
import dev.flotilla.storage.LogId;
import dev.flotilla.storage.LogStore;
import dev.flotilla.storage.StorageEngine;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.TreeSet;
import java.util.UUID;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What a node does at its start about logs in its engines that are not where a replica's descriptor
 * says: they are garbage. A crash came between a log and the directory of its replica, or into a
 * {@link Conversion}, before or after the descriptor was replaced.
 */
final class LogSweep {

  private static final Logger LOG = LoggerFactory.getLogger(LogSweep.class);

  private final EngineCatalog engines;
  private final String nodeEngine;

  /** The replicas by the identity of their logs. */
  private final Map<LogId, Named> named = new HashMap<>();

  /** Whether all descriptors could be read: a log that none of them names is nobody's. */
  private boolean complete = true;

  private record Named(ReplicaDirectory directory, String engine) {}

  private LogSweep(EngineCatalog engines, String nodeEngine) {
    this.engines = engines;
    this.nodeEngine = nodeEngine;
  }

  /**
   * Deletes those logs, and what is left of engines that keep none any more; what cannot be deleted
   * stays until the next start. To be called once, before any replica is created or opened.
   *
   * @param nodeEngine the engine that replicas are created in as a rule
   * @throws dev.flotilla.storage.StorageException if that cannot be opened
   * @throws IllegalArgumentException if there is no such engine
   */
  static void run(Path root, String nodeEngine, EngineCatalog engines) throws IOException {
    engines.sweep();
    LogSweep sweep = new LogSweep(engines, nodeEngine);
    sweep.read(root);
    sweep.deleteOthers();
  }

  private void read(Path root) throws IOException {
    // Nothing can be said of logs where replicas were, and are not there: a disk that is missing?
    complete = Files.isDirectory(root);
    for (UUID group : ReplicaDirectory.list(root)) {
      ReplicaDirectory directory = ReplicaDirectory.open(root, group);
      try {
        ReplicaDescriptor descriptor = directory.descriptor();
        named.put(StoredReplica.logId(descriptor), new Named(directory, descriptor.getEngine()));
      } catch (ReplicaQuarantinedException | IOException e) {
        LOG.warn("No log is taken for nobody's, for a replica cannot be read: {}", e.toString());
        complete = false;
      }
    }
  }

  private void deleteOthers() {
    TreeSet<String> used = new TreeSet<>(engines.used());
    // Whoever cannot open it finds out now, and not with the first new topic.
    used.add(nodeEngine);
    for (String name : used) {
      StorageEngine engine;
      try {
        engine = engines.engine(name);
      } catch (RuntimeException e) {
        if (name.equals(nodeEngine)) {
          throw e;
        }
        LOG.error("Storage engine {} cannot be opened, nor can replicas in it", name, e);
        continue;
      }
      for (LogId id : engine.logs()) {
        try {
          deleteUnlessNamed(name, engine, id);
        } catch (IOException | RuntimeException e) {
          LOG.warn("Log {} in engine {}, which nobody needs, stays", id, name, e);
        }
      }
      retireUnlessNamed(name);
    }
  }

  private void deleteUnlessNamed(String name, StorageEngine engine, LogId id) throws IOException {
    Named replica = named.get(id);
    if (replica == null) {
      if (complete) {
        engine.delete(id);
      }
    } else if (!replica.engine().equals(name)) {
      // The other copy goes only once it is certain that it will not be asked for again.
      replica.directory().sync();
      try (LogStore used = engines.engine(replica.engine()).open(id)) {
        LOG.debug("Log {} is used from engine {}, up to {}", id, replica.engine(), used.endIndex());
      }
      engine.delete(id);
    }
  }

  private void retireUnlessNamed(String name) {
    boolean isNamed = named.values().stream().anyMatch(replica -> replica.engine().equals(name));
    if (isNamed || name.equals(nodeEngine) || !complete) {
      return;
    }
    try {
      engines.retire(name);
    } catch (IOException | RuntimeException e) {
      LOG.warn("What engine {} has left is not removed", name, e);
    }
  }
}
