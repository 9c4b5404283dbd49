package dev.flotilla.raft;

import dev.flotilla.proto.Checkpoint;
import dev.flotilla.proto.ReplicaKind;
import dev.flotilla.proto.StoredLogStart;
import dev.flotilla.storage.CorruptLogException;
import dev.flotilla.storage.EntryHeader;
import dev.flotilla.storage.EntryKind;
import dev.flotilla.storage.LogBase;
import dev.flotilla.storage.LogStore;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.locks.LockSupport;
import org.apache.ratis.proto.RaftProtos.LogEntryProto;
import org.apache.ratis.protocol.RaftGroupMemberId;
import org.apache.ratis.protocol.RaftPeerId;
import org.apache.ratis.server.impl.RaftLogInstaller;
import org.apache.ratis.server.protocol.TermIndex;
import org.apache.ratis.server.raftlog.LogProtoUtils;
import org.apache.ratis.thirdparty.com.google.protobuf.ByteString;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One replica at work: from the opening of its files to their closing. Joins its log, its state and
 * its group in Ratis, and decides what happens when one of them fails.
 *
 * <p><b>Threads.</b> Raft applies entries on one thread; checkpoints are taken on others. Both hold
 * this object's apply lock, so that a checkpoint shows the state at one index.
 */
final class Replica implements LogHost {

  /** What is known of leadership before a replica is started. */
  static final Leadership NOT_STARTED = new Leadership.Following(0, Optional.empty());

  private static final Duration OWN_END_PATIENCE = Duration.ofSeconds(10);

  private static final Logger LOG = LoggerFactory.getLogger(Replica.class);

  private final RaftNode node;
  private final String name;
  private final StoredReplica stored;
  private final Applied applied;
  private final LogMemory memory;
  private final LeadershipTracker leadership;
  private final Checkpointing checkpoints;
  private final Object applyLock = new Object();

  /** Set while Ratis initializes the group, before anything else can happen to it. */
  private volatile @Nullable RaftLogInstaller division;

  /** Likewise. */
  private volatile @Nullable EngineRaftLog log;

  /** Written under the apply lock, read by any thread. */
  private volatile TermIndex lastApplied;

  /** The offset after the last applied record. Written under the apply lock, read by any. */
  private volatile long appliedEndOffset;

  /** What Ratis takes for the newest snapshot; none for a log that never had an entry. */
  private volatile @Nullable TermIndex snapshot;

  /** What the leader sent in place of log and state, until it is in place. Guarded likewise. */
  private @Nullable Checkpoint installed;

  /** Whether an entry was applied in part: it stays so when that failed. Guarded likewise. */
  private boolean torn;

  /** Set by the applying thread before it throws what makes Ratis close the group; read by any. */
  private volatile boolean closesItself;

  /** The newest checkpoint but one, or what this replica began with. Touched by its writer only. */
  private Checkpoint older = Checkpoint.newBuilder().setIndex(-1).build();

  /** The last applied configuration, as an encoded entry. Guarded by the apply lock. */
  private com.google.protobuf.ByteString configuration;

  Replica(RaftNode node, String name, StoredReplica stored, Applied applied) {
    this.node = node;
    this.name = name;
    this.stored = stored;
    this.applied = applied;
    Checkpoint checkpoint = stored.checkpoint();
    long index = checkpoint.getIndex();
    this.lastApplied = TermIndex.valueOf(checkpoint.getTerm(), index);
    this.snapshot = index < 0 ? null : lastApplied;
    this.appliedEndOffset = checkpoint.getAppliedEndOffset();
    this.configuration = checkpoint.getConfiguration();
    this.memory =
        new LogMemory(stored.store(), stored.start(), index, node.recentBytesPerLog(), this);
    stored.configurations().forEach(entry -> memory.foundConfiguration(entry.getIndex()));
    this.leadership =
        new LeadershipTracker(stored.votes().current().term(), applied::leadershipChanged);
    this.checkpoints =
        new Checkpointing(
            name,
            stored.checkpoints(),
            index,
            node.background(),
            this::takeCheckpoint,
            this::checkpointWritten);
    ByteBuffer state = checkpoint.getState().asReadOnlyByteBuffer();
    applied.restore(index, appliedEndOffset, state);
  }

  String name() {
    return name;
  }

  LogStore store() {
    return stored.store();
  }

  StoredReplica stored() {
    return stored;
  }

  LogMemory memory() {
    return memory;
  }

  LeadershipTracker leadership() {
    return leadership;
  }

  Applied applied() {
    return applied;
  }

  RaftNode node() {
    return node;
  }

  TermIndex lastApplied() {
    return lastApplied;
  }

  long appliedEndOffset() {
    return appliedEndOffset;
  }

  @Nullable TermIndex snapshot() {
    return snapshot;
  }

  long commitIndex() {
    EngineRaftLog present = log;
    return present == null ? lastApplied.getIndex() : present.commitIndex();
  }

  Checkpointing checkpoints() {
    return checkpoints;
  }

  RaftLogInstaller division() {
    RaftLogInstaller present = division;
    if (present == null) {
      throw new IllegalStateException(name + " is not started");
    }
    return present;
  }

  EngineRaftLog log() {
    EngineRaftLog present = log;
    if (present == null) {
      throw new IllegalStateException(name + " is not started");
    }
    return present;
  }

  /** Ratis initializes the group: gives it our log and the configurations that are stored. */
  void install(RaftLogInstaller installer) {
    division = installer;
    EngineRaftLog opened =
        new EngineRaftLog(
            installer.memberId(),
            stored.store(),
            memory,
            stored.votes(),
            this,
            node.coldReads(),
            node.config().maxEntryBytes(),
            lastApplied.getIndex());
    log = opened;
    installer.install(opened);
    if (!configuration.isEmpty()) {
      LogEntryProto entry = EntryCodec.decode(configuration.asReadOnlyByteBuffer());
      installer.setConfiguration(LogProtoUtils.toRaftConfiguration(entry));
    }
    stored
        .configurations()
        .forEach(entry -> installer.setConfiguration(LogProtoUtils.toRaftConfiguration(entry)));
    applied.started(this);
  }

  // Applying.

  /** A committed entry of records or a command; the answer goes to who submitted it. */
  ByteBuffer apply(LogEntryProto entry) {
    try {
      return applied(entry);
    } catch (RuntimeException e) {
      closesItself = true;
      LOG.error("{}: entry {} cannot be applied", name, entry.getIndex(), e);
      leadership.failed("entry " + entry.getIndex() + " cannot be applied: " + e);
      node.background().execute(() -> node.stop(this));
      throw e;
    }
  }

  private ByteBuffer applied(LogEntryProto entry) {
    EntryHeader header = log().applying(entry.getIndex());
    ByteBuffer answer = ByteBuffer.allocate(0);
    synchronized (applyLock) {
      torn = true;
      if (header.kind() == EntryKind.RAFT_ONLY) {
        ByteString command = entry.getStateMachineLogEntry().getLogData();
        answer = applied.command(header, command.asReadOnlyByteBuffer());
      } else {
        applied.records(header);
      }
      appliedEndOffset = header.endOffset();
      lastApplied = TermIndex.valueOf(header.term(), header.index());
      torn = false;
    }
    passed(header.index());
    return answer;
  }

  /** A committed configuration. One that Ratis got with a notification is not applied yet. */
  void applyConfiguration(LogEntryProto entry) {
    synchronized (applyLock) {
      if (entry.getIndex() != lastApplied.getIndex() + 1) {
        return;
      }
      configuration =
          com.google.protobuf.ByteString.copyFrom(entry.toByteString().asReadOnlyByteBuffer());
    }
  }

  /** A committed entry that has nothing more to it. */
  void applyPlace(long term, long index) {
    synchronized (applyLock) {
      lastApplied = TermIndex.valueOf(term, index);
    }
    passed(index);
  }

  private void passed(long index) {
    memory.applied(index);
    checkpoints.applied(index);
    node.metrics().applied();
  }

  // Checkpoints and the log's start.

  /** Thirty seconds went by. */
  void tick() {
    checkpoints.tick(lastApplied.getIndex());
  }

  /** The last applied configuration, as an encoded entry; empty if there was none. */
  com.google.protobuf.ByteString configuration() {
    synchronized (applyLock) {
      return configuration;
    }
  }

  private Checkpoint takeCheckpoint() {
    LogStart start = memory.start();
    LogBase base = memory.baseBefore(start);
    synchronized (applyLock) {
      if (installed != null || torn) {
        throw new IllegalStateException(name + ": log and state do not belong together now");
      }
      StoredLogStart storedStart =
          StoredLogStart.newBuilder()
              .setIndex(start.index())
              .setPredecessorTerm(start.termBefore())
              .setOffset(start.offset())
              .setDigest(base.digest())
              .build();
      return Checkpoint.newBuilder()
          .setIndex(lastApplied.getIndex())
          .setTerm(lastApplied.getTerm())
          .setConfiguration(configuration)
          .setLogStart(storedStart)
          .setHighWatermark(appliedEndOffset)
          .setAppliedEndOffset(appliedEndOffset)
          .setState(
              com.google.protobuf.ByteString.copyFrom(applied.snapshot(lastApplied.getIndex())))
          .setTimeMs(node.config().clock().millis())
          .build();
    }
  }

  private void checkpointWritten(Checkpoint checkpoint) {
    synchronized (applyLock) {
      if (installed != null) {
        // Raft hears of it when the log is there, too; it would ask for the entries behind it.
        return;
      }
    }
    if (checkpoint.getIndex() >= 0) {
      snapshot = TermIndex.valueOf(checkpoint.getTerm(), checkpoint.getIndex());
      log().updateSnapshotIndex(checkpoint.getIndex());
    }
    if (stored.descriptor().getKind() == ReplicaKind.COMMAND_LOG) {
      dropCommands(older);
      older = checkpoint;
    }
  }

  /**
   * Drops the commands that both stored checkpoints cover, so that the loss of one of them loses
   * nothing.
   */
  private void dropCommands(Checkpoint older) {
    long index = Math.min(older.getIndex(), memory.tail().lastIndex() - 1);
    TermIndex last = memory.termIndex(index);
    if (last == null || index < memory.start().index()) {
      return;
    }
    memory.moveStart(new LogStart(index + 1, last.getTerm(), 0));
    dropBelowStart();
  }

  private void dropBelowStart() {
    LogStart start = memory.start();
    var _ =
        memory
            .dropPrefix(memory.baseBefore(start))
            .exceptionally(e -> {
              LOG.warn("{}: entries below {} were not dropped", name, start.index(), e);
              return null;
            });
  }

  /** The replicated log start moved: remembered at once, dropped from the disk when it is safe. */
  void moveStart(LogStart start) {
    if (start.index() <= memory.start().index() && start.offset() <= memory.start().offset()) {
      return;
    }
    memory.moveStart(start);
    var _ =
        checkpoints
            .request()
            .thenRun(this::dropBelowStart)
            .exceptionally(e -> {
              LOG.warn("{}: entries below {} stay until the next move", name, start.index(), e);
              return null;
            });
  }

  /**
   * Replaces log and state by those of a checkpoint from the leader. The log is replaced on return;
   * the state is when {@link #reload} is called. When a disk fails in the middle the replica closes
   * and finishes this when it is opened again.
   */
  void reset(Checkpoint checkpoint) throws IOException {
    synchronized (applyLock) {
      installed = checkpoint;
    }
    try {
      checkpoints.install(checkpoint);
      memory.reset(StoredReplica.start(checkpoint), StoredReplica.base(checkpoint));
    } catch (IOException | RuntimeException e) {
      writeFailed(e);
      // Nothing to be cut: what was there before is replaced.
      node.reopenLater(this, Long.MAX_VALUE);
      throw e;
    }
  }

  /** Ratis goes on applying behind {@link #snapshot}: after a reset, or where it was. */
  void reload() {
    synchronized (applyLock) {
      Checkpoint checkpoint = installed;
      if (checkpoint != null) {
        installed = null;
        lastApplied = TermIndex.valueOf(checkpoint.getTerm(), checkpoint.getIndex());
        appliedEndOffset = checkpoint.getAppliedEndOffset();
        configuration = checkpoint.getConfiguration();
        ByteBuffer state = checkpoint.getState().asReadOnlyByteBuffer();
        applied.restore(checkpoint.getIndex(), appliedEndOffset, state);
        memory.applied(checkpoint.getIndex());
      }
      snapshot = lastApplied;
    }
  }

  // What happens to the replica.

  /**
   * Waits until Ratis has begun to close the group where it does that by itself. A close that came
   * before it would wait for ever for the entry that cannot be applied.
   */
  void awaitOwnEnd() {
    RaftLogInstaller present = division;
    long deadline = System.nanoTime() + OWN_END_PATIENCE.toNanos();
    while (closesItself
        && present != null
        && !present.closing()
        && System.nanoTime() - deadline < 0) {
      LockSupport.parkNanos(1_000_000);
    }
  }

  /** Ratis closes the group; the log is closed after this. */
  void stopping() {
    checkpoints.close(lastApplied.getIndex());
    applied.stopped();
  }

  void leaderChanged(@Nullable RaftPeerId leader) {
    long term = division().currentTerm();
    if (leader == null) {
      leadership.term(term);
    } else if (leader.equals(division().memberId().getPeerId())) {
      leadership.elected(term);
    } else {
      leadership.follows(term, node.nodeOf(stored.descriptor(), leader));
    }
  }

  Optional<RaftGroupMemberId> memberId() {
    return Optional.ofNullable(division).map(RaftLogInstaller::memberId);
  }

  @Override
  public Object monitor() {
    return division().monitor();
  }

  @Override
  public long currentTerm() {
    return division().currentTerm();
  }

  @Override
  public void flushed() {
    division().flushed();
  }

  @Override
  public long followersHaveUpTo() {
    return division().followersHaveUpTo();
  }

  @Override
  public void termChanged(long term) {
    leadership.term(term);
  }

  @Override
  public void writeFailed(Throwable cause) {
    LOG.error("{}: its disk failed, the replica stops", name, cause);
    leadership.failed("its disk failed: " + cause.getMessage());
    division().stepDown();
  }

  @Override
  public void closeAfterFailure(Throwable cause) {
    node.reopenLater(this, memory.flushIndex() + 1);
  }

  @Override
  public void unreadable(long index, RuntimeException cause) {
    closesItself = true;
    if (cause instanceof CorruptLogException || cause instanceof IllegalArgumentException) {
      damaged("entry " + index + " cannot be applied: " + cause.getMessage(), cause);
    } else {
      writeFailed(cause);
      closeAfterFailure(cause);
    }
  }

  @Override
  public void damaged(String reason, Throwable cause) {
    LOG.error("{}: the replica cannot be trusted and is set aside: {}", name, reason, cause);
    leadership.failed(reason);
    division().stepDown();
    node.background()
        .execute(() -> {
          try {
            stored.directory().quarantine(reason);
          } catch (IOException e) {
            LOG.error("{}: the quarantine mark was not written", name, e);
          }
          node.stop(this);
        });
  }
}
