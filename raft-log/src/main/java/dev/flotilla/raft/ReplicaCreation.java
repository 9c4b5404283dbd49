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
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.locks.Lock;

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
    ReplicaDescriptor descriptor =
        ReplicaDescriptor.newBuilder()
            .setGroup(group.toString())
            .setName(name)
            .setKind(kind)
            .setLogId(LogId.random().toString())
            .setEngine(engineName)
            .addAllInitialVoters(voters.stream().map(ReplicaCreation::stored).toList())
            .build();
    Lock creation = engines.creation();
    creation.lock();
    try {
      return create(root, descriptor, engines.engine(engineName));
    } finally {
      creation.unlock();
    }
  }

  private static StoredReplica create(Path root, ReplicaDescriptor descriptor, StorageEngine engine)
      throws IOException {
    LogId id = StoredReplica.logId(descriptor);
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
        if (!ReplicaDirectory.list(root).contains(UUID.fromString(descriptor.getGroup()))) {
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
