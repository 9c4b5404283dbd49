package dev.flotilla.raft;

import dev.flotilla.proto.ReplicaDescriptor;
import dev.flotilla.storage.LogId;
import dev.flotilla.storage.StorageEngine;
import java.io.IOException;
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
   * Deletes those logs, and what is left of engines that keep none any more. To be called once,
   * before any replica is created or opened.
   *
   * @param nodeEngine the engine that replicas are created in as a rule
   * @throws dev.flotilla.storage.StorageException if that cannot be opened, or a log that is not
   *     needed cannot be deleted
   * @throws IllegalArgumentException if there is no such engine
   */
  static void run(Path root, String nodeEngine, EngineCatalog engines) throws IOException {
    engines.sweep();
    LogSweep sweep = new LogSweep(engines, nodeEngine);
    sweep.read(root);
    sweep.deleteOthers();
  }

  private void read(Path root) throws IOException {
    for (UUID group : ReplicaDirectory.list(root)) {
      ReplicaDirectory directory = ReplicaDirectory.open(root, group);
      try {
        ReplicaDescriptor descriptor = directory.descriptor();
        named.put(StoredReplica.logId(descriptor), new Named(directory, descriptor.getEngine()));
      } catch (ReplicaQuarantinedException e) {
        complete = false;
      }
    }
  }

  private void deleteOthers() throws IOException {
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
        deleteUnlessNamed(name, engine, id);
      }
      if (!name.equals(nodeEngine) && complete) {
        engines.retire(name);
      }
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
      engine.delete(id);
    }
  }
}
