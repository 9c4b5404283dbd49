package dev.flotilla.raft;

import dev.flotilla.proto.ReplicaDescriptor;
import dev.flotilla.storage.FlushListener;
import dev.flotilla.storage.LogId;
import dev.flotilla.storage.LogStore;
import dev.flotilla.storage.StorageEngine;
import dev.flotilla.storage.StorageException;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.UUID;

/**
 * The replicas in the directory of a Raft server that does not run, to be looked at. A log is
 * opened as the start of the server would open it, which may cut a torn end; nothing else is
 * changed. Used by one thread.
 */
public final class StoredReplicas implements AutoCloseable {

  /** Read at once: a log of small entries takes a while. */
  private static final long CHECKED_BYTES = 16 << 20;

  private final RaftNodeConfig config;
  private final EngineCatalog engines;

  /**
   * A replica.
   *
   * @param name for people
   * @param log what it holds; empty if that cannot be told
   * @param problem why it would not be opened; empty if nothing is wrong
   */
  public record Found(UUID group, String name, Optional<StoredLog> log, String problem) {}

  /** What is done with a log that is open. */
  private interface Look<T> {
    T at(ReplicaDescriptor descriptor, LogStore store);
  }

  /** Finds the replicas; nobody else uses the directory until this is closed. */
  public StoredReplicas(RaftNodeConfig config) {
    this.config = config;
    this.engines = new EngineCatalog(config, Optional.empty(), name -> FlushListener.NONE);
  }

  /**
   * All replicas, by name.
   *
   * @throws IOException if the directory cannot be read
   */
  public List<Found> all() throws IOException {
    List<Found> all = new ArrayList<>();
    for (UUID group : ReplicaDirectory.list(RaftNode.directory(config))) {
      all.add(find(group));
    }
    all.sort(Comparator.comparing(Found::name));
    return all;
  }

  private Found find(UUID group) throws IOException {
    String name = group.toString();
    try {
      name = directory(group).descriptor().getName();
      StoredLog log =
          opened(group, (descriptor, store) -> StoredReplica.log(descriptor.getEngine(), store));
      String problem = directory(group).quarantineReason().orElse("");
      return new Found(group, name, Optional.of(log), problem);
    } catch (ReplicaQuarantinedException | StorageException | IllegalArgumentException e) {
      return new Found(group, name, Optional.empty(), String.valueOf(e.getMessage()));
    }
  }

  /**
   * Reads all entries of a replica and verifies them; none if something is wrong.
   *
   * @return what was read, or what is wrong
   * @throws IOException if the directory cannot be read
   */
  public Check check(UUID group) throws IOException {
    try {
      return new Check.Sound(opened(group, (_, store) -> checkAll(store)));
    } catch (ReplicaQuarantinedException | StorageException | IllegalArgumentException e) {
      return new Check.Damaged(String.valueOf(e.getMessage()));
    }
  }

  /** What came of a check. */
  public sealed interface Check {

    /** All is what was written. */
    record Sound(CheckedEntries entries) implements Check {}

    /** It is not, or cannot be read. */
    record Damaged(String reason) implements Check {}
  }

  private static CheckedEntries checkAll(LogStore store) {
    long entries = 0;
    long bytes = 0;
    CheckedEntries part = CheckedEntries.read(store, 0, CHECKED_BYTES);
    while (!part.isAll()) {
      entries += part.entries();
      bytes += part.bytes();
      part = CheckedEntries.read(store, part.nextIndex(), CHECKED_BYTES);
    }
    return new CheckedEntries(
        part.nextIndex(), part.endIndex(), entries + part.entries(), bytes + part.bytes());
  }

  private ReplicaDirectory directory(UUID group) throws IOException {
    return ReplicaDirectory.open(RaftNode.directory(config), group);
  }

  private <T> T opened(UUID group, Look<T> look) throws IOException, ReplicaQuarantinedException {
    ReplicaDescriptor descriptor = directory(group).descriptor();
    LogId id = StoredReplica.logId(descriptor);
    if (!engines.used().contains(descriptor.getEngine())) {
      throw new ReplicaQuarantinedException(
          "there is nothing of storage engine " + descriptor.getEngine());
    }
    StorageEngine engine = engines.engine(descriptor.getEngine());
    if (!engine.logs().contains(id)) {
      throw new ReplicaQuarantinedException(
          "engine " + descriptor.getEngine() + " has no log " + id);
    }
    try (LogStore store = engine.open(id)) {
      return look.at(descriptor, store);
    }
  }

  @Override
  public void close() {
    engines.close();
  }
}
