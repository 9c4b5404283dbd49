package dev.flotilla.raft;

import dev.flotilla.proto.Checkpoint;
import dev.flotilla.proto.RepairMark;
import dev.flotilla.proto.ReplicaDescriptor;
import dev.flotilla.proto.ReplicaKind;
import dev.flotilla.proto.StoredLogStart;
import dev.flotilla.storage.CorruptLogException;
import dev.flotilla.storage.EntryKind;
import dev.flotilla.storage.LogBase;
import dev.flotilla.storage.LogId;
import dev.flotilla.storage.LogStore;
import dev.flotilla.storage.Slice;
import dev.flotilla.storage.StorageEngine;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.function.Supplier;
import org.apache.ratis.proto.RaftProtos.LogEntryProto;
import org.jspecify.annotations.Nullable;

/**
 * A replica's files, open and verified against each other: all that can fail, before Raft hears of
 * the group.
 *
 * @param directory its directory
 * @param descriptor what it is
 * @param store its log
 * @param votes its term and vote
 * @param checkpoints its checkpoints
 * @param checkpoint the one that it starts from
 * @param configurations the configurations that the log holds above the checkpoint, by index
 * @param repair how far the repair of its log is, if one is under way
 */
record StoredReplica(
    ReplicaDirectory directory,
    ReplicaDescriptor descriptor,
    LogStore store,
    VoteStore votes,
    CheckpointStore checkpoints,
    Checkpoint checkpoint,
    List<LogEntryProto> configurations,
    Optional<RepairMark> repair) {

  static LogId logId(ReplicaDescriptor descriptor) {
    return new LogId(UUID.fromString(descriptor.getLogId()));
  }

  /**
   * Where the group's log begins: as the checkpoint says, or later if a crash came between the
   * dropping of entries and the next checkpoint.
   */
  LogStart start() {
    LogStart start = start(checkpoint);
    LogBase base = store.base();
    return start.index() > base.index() ? start : LogStart.behind(base);
  }

  /** Where a group's log begins, as a checkpoint says. */
  static LogStart start(Checkpoint checkpoint) {
    StoredLogStart start = checkpoint.getLogStart();
    return new LogStart(start.getIndex(), start.getPredecessorTerm(), start.getOffset());
  }

  /** What a log holds. */
  static StoredLog log(String engine, LogStore store) {
    LogBase base = store.base();
    return new StoredLog(
        engine,
        store.diskBytes(),
        base.index() + 1,
        store.endIndex(),
        base.offset(),
        store.endOffset());
  }

  /**
   * Opens what lies in a directory.
   *
   * @throws ReplicaQuarantinedException if it cannot be trusted; nothing is open then
   */
  static StoredReplica open(ReplicaDirectory directory, EngineCatalog engines)
      throws IOException, ReplicaQuarantinedException {
    checkTrusted(directory);
    ReplicaDescriptor descriptor = directory.descriptor();
    LogId id = logId(descriptor);
    StorageEngine engine = engines.engine(descriptor.getEngine());
    if (!engine.logs().contains(id)) {
      throw new ReplicaQuarantinedException(
          descriptor.getName() + ": engine " + descriptor.getEngine() + " has no log " + id);
    }
    LogStore store = null;
    try {
      store = engine.open(id);
      StoredReplica opened = verified(directory, store);
      store = null;
      return opened;
    } catch (CorruptLogException | IllegalArgumentException e) {
      throw new ReplicaQuarantinedException(descriptor.getName() + ": " + e.getMessage(), e);
    } finally {
      if (store != null) {
        store.close();
      }
    }
  }

  /**
   * Opens the files of a replica again whose disk failed.
   *
   * @param store opens its log; whatever comes of it, the store is not closed here
   * @throws ReplicaQuarantinedException if it cannot be trusted
   */
  static StoredReplica reopen(ReplicaDirectory directory, Supplier<LogStore> store)
      throws IOException, ReplicaQuarantinedException {
    checkTrusted(directory);
    try {
      return verified(directory, store.get());
    } catch (CorruptLogException | IllegalArgumentException e) {
      throw new ReplicaQuarantinedException(
          directory.descriptor().getName() + ": " + e.getMessage(), e);
    }
  }

  private static void checkTrusted(ReplicaDirectory directory)
      throws IOException, ReplicaQuarantinedException {
    String reason = directory.quarantineReason().orElse(null);
    if (reason != null) {
      throw new ReplicaQuarantinedException(reason);
    }
  }

  private static StoredReplica verified(ReplicaDirectory directory, LogStore store)
      throws IOException, ReplicaQuarantinedException {
    ReplicaDescriptor descriptor = directory.descriptor();
    VoteStore votes = VoteStore.open(directory.path(), logId(descriptor));
    CheckpointStore checkpoints = CheckpointStore.open(directory.path());
    Checkpoint checkpoint = reconcile(descriptor, checkpoints.newest().orElse(null), store);
    List<LogEntryProto> configurations = configurations(store, checkpoint.getIndex() + 1);
    return new StoredReplica(
        directory,
        descriptor,
        store,
        votes,
        checkpoints,
        checkpoint,
        configurations,
        directory.repairMark());
  }

  /**
   * The same, to be started from an older checkpoint or from the log's base, because the state in
   * this one's checkpoint cannot be read; none if it is that of an empty log.
   *
   * @throws ReplicaQuarantinedException if the log does not reach back far enough
   */
  Optional<StoredReplica> withoutItsCheckpoint() throws ReplicaQuarantinedException {
    if (checkpoint.getState().isEmpty()) {
      return Optional.empty();
    }
    Checkpoint older = checkpoints.before(checkpoint.getGeneration()).orElse(null);
    Checkpoint start =
        older == null
            ? replayedFromBase(descriptor, store, checkpoint)
            : reconcile(descriptor, older, store);
    List<LogEntryProto> entries = configurations(store, start.getIndex() + 1);
    return Optional.of(
        new StoredReplica(
            directory, descriptor, store, votes, checkpoints, start, entries, repair));
  }

  /** A checkpoint that fits the log: the newest, or one at the log's base where there is none. */
  private static Checkpoint reconcile(
      ReplicaDescriptor descriptor, @Nullable Checkpoint newest, LogStore store)
      throws ReplicaQuarantinedException {
    String name = descriptor.getName();
    if (newest == null) {
      return replayedFromBase(descriptor, store, Checkpoint.getDefaultInstance());
    }
    StoredLogStart start = newest.getLogStart();
    long index = newest.getIndex();
    if (index == start.getIndex() - 1 && !holds(store, newest)) {
      // A reset to the leader's start was interrupted between checkpoint and log. No other
      // checkpoint lies right before its log's start and names an entry that is not there.
      store.reset(base(newest)).join();
    }
    if (index >= store.endIndex()) {
      throw new ReplicaQuarantinedException(
          "%s: applied up to %d, the log ends before %d".formatted(name, index, store.endIndex()));
    }
    if (index < store.base().index()) {
      return replayedFromBase(descriptor, store, newest);
    }
    long term = index == store.base().index() ? store.base().term() : store.header(index).term();
    if (term != newest.getTerm()) {
      throw new ReplicaQuarantinedException(
          "%s: entry %d is of term %d and was of %d when it was applied"
              .formatted(name, index, term, newest.getTerm()));
    }
    return newest;
  }

  /** Whether a log holds the last entry that a checkpoint covers, or has dropped it. */
  private static boolean holds(LogStore store, Checkpoint checkpoint) {
    long index = checkpoint.getIndex();
    if (index <= store.base().index()) {
      return true;
    }
    return index < store.endIndex() && store.header(index).term() == checkpoint.getTerm();
  }

  /** No checkpoint reaches up to the log: it is replayed from its base, if that says enough. */
  private static Checkpoint replayedFromBase(
      ReplicaDescriptor descriptor, LogStore store, Checkpoint older)
      throws ReplicaQuarantinedException {
    LogBase base = store.base();
    if (descriptor.getKind() == ReplicaKind.COMMAND_LOG && base.index() >= 0) {
      throw new ReplicaQuarantinedException(
          descriptor.getName() + ": the snapshot before entry " + base.index() + " is lost");
    }
    return at(base).setConfiguration(older.getConfiguration()).build();
  }

  /** The base of a log that begins behind a checkpoint. */
  static LogBase base(Checkpoint checkpoint) {
    StoredLogStart start = checkpoint.getLogStart();
    return new LogBase(
        start.getIndex() - 1,
        start.getPredecessorTerm(),
        checkpoint.getAppliedEndOffset(),
        start.getDigest());
  }

  /** A checkpoint of the state of a log's base, of which nothing else is known. */
  static Checkpoint.Builder at(LogBase base) {
    StoredLogStart start =
        StoredLogStart.newBuilder()
            .setIndex(base.index() + 1)
            .setPredecessorTerm(base.term())
            .setOffset(base.offset())
            .setDigest(base.digest())
            .build();
    return Checkpoint.newBuilder()
        .setIndex(base.index())
        .setTerm(base.term())
        .setLogStart(start)
        .setHighWatermark(base.offset())
        .setAppliedEndOffset(base.offset());
  }

  private static List<LogEntryProto> configurations(LogStore store, long fromIndex) {
    List<Long> candidates = new ArrayList<>();
    store.headers(
        fromIndex,
        store.endIndex(),
        header -> {
          if (header.kind() == EntryKind.RAFT_ONLY) {
            candidates.add(header.index());
          }
        });
    List<LogEntryProto> found = new ArrayList<>();
    for (long index : candidates) {
      try (Slice payload = store.payload(index)) {
        LogEntryProto entry = EntryCodec.decode(payload.buffers().getFirst());
        if (entry.hasConfigurationEntry()) {
          found.add(entry);
        }
      }
    }
    return found;
  }
}
