package dev.flotilla.raft;

import dev.flotilla.proto.Checkpoint;
import dev.flotilla.proto.ReplicaDescriptor;
import dev.flotilla.proto.ReplicaKind;
import dev.flotilla.proto.StoredVoter;
import dev.flotilla.storage.LogBase;
import dev.flotilla.storage.LogId;
import dev.flotilla.storage.LogStore;
import dev.flotilla.storage.StorageEngine;
import java.io.IOException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;

/** The first and the last moment of a replica's files. */
final class ReplicaCreation {

  private ReplicaCreation() {}

  /**
   * Creates an empty replica. Durable when it returns. The log comes first, since a log that no
   * directory names is garbage and a directory without its log is damage.
   *
   * @throws IllegalStateException if the group has a replica here
   */
  static StoredReplica create(
      Path root,
      UUID group,
      String name,
      ReplicaKind kind,
      List<Voter> voters,
      String engineName,
      EngineCatalog engines)
      throws IOException {
    if (ReplicaDirectory.list(root).contains(group)) {
      throw new IllegalStateException(name + " is stored here as " + group);
    }
    LogId id = LogId.random();
    ReplicaDescriptor descriptor =
        ReplicaDescriptor.newBuilder()
            .setGroup(group.toString())
            .setName(name)
            .setKind(kind)
            .setLogId(id.toString())
            .setEngine(engineName)
            .addAllInitialVoters(voters.stream().map(ReplicaCreation::stored).toList())
            .build();
    StorageEngine engine = engines.engine(engineName);
    LogStore store = engine.create(id, LogBase.ORIGIN);
    boolean created = false;
    try {
      Checkpoint checkpoint = StoredReplica.at(LogBase.ORIGIN).build();
      ReplicaDirectory directory = ReplicaDirectory.create(root, descriptor, checkpoint);
      VoteStore votes = VoteStore.created(directory.path(), id);
      CheckpointStore checkpoints = CheckpointStore.open(directory.path());
      created = true;
      return new StoredReplica(
          directory,
          descriptor,
          store,
          votes,
          checkpoints,
          checkpoint,
          List.of(),
          Optional.empty());
    } finally {
      if (!created) {
        store.close();
        // Once the directory is there, the replica is: it can be opened, and needs its log.
        if (!ReplicaDirectory.list(root).contains(group)) {
          engine.delete(id);
        }
      }
    }
  }

  /**
   * Deletes the logs that no replica names: a crash came between log and directory. Does nothing if
   * it cannot be told what the replicas name.
   */
  static void sweepLogs(Path root, String defaultEngine, EngineCatalog engines) throws IOException {
    Set<LogId> named = new HashSet<>();
    Set<String> used = new HashSet<>(Set.of(defaultEngine));
    for (UUID group : ReplicaDirectory.list(root)) {
      try {
        ReplicaDescriptor descriptor = ReplicaDirectory.open(root, group).descriptor();
        named.add(StoredReplica.logId(descriptor));
        used.add(descriptor.getEngine());
      } catch (ReplicaQuarantinedException e) {
        return;
      }
    }
    for (String name : used) {
      StorageEngine engine = engines.engine(name);
      for (LogId id : engine.logs()) {
        if (!named.contains(id)) {
          engine.delete(id);
        }
      }
    }
  }

  private static StoredVoter stored(Voter voter) {
    return StoredVoter.newBuilder()
        .setPeerId(voter.peerId())
        .setNodeId(voter.nodeId())
        .setHost(voter.host())
        .setPort(voter.port())
        .build();
  }

  /** Deletes a replica that does not run, whatever its state. Does nothing if there is none. */
  static void delete(Path root, UUID group, EngineCatalog engines) throws IOException {
    ReplicaDirectory directory;
    try {
      directory = ReplicaDirectory.open(root, group);
    } catch (NoSuchFileException e) {
      return;
    }
    ReplicaDescriptor descriptor;
    try {
      descriptor = directory.descriptor();
    } catch (ReplicaQuarantinedException e) {
      descriptor = ReplicaDescriptor.getDefaultInstance();
    }
    directory.delete();
    if (!descriptor.getEngine().isEmpty()) {
      engines.engine(descriptor.getEngine()).delete(StoredReplica.logId(descriptor));
    }
  }
}
