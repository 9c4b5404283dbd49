package dev.flotilla.raft;

import dev.flotilla.proto.Checkpoint;
import dev.flotilla.proto.ReplicaKind;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.Optional;
import org.apache.ratis.proto.RaftProtos.LogEntryProto;
import org.apache.ratis.server.impl.RaftLogInstaller;
import org.apache.ratis.server.protocol.TermIndex;
import org.apache.ratis.server.raftlog.LogProtoUtils;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One replica at work, from the opening of its files to their closing: joins its log, what is
 * applied of it, its checkpoints and its group in Ratis. What happens to it when one of them fails
 * is for {@link GroupMember} to say.
 */
final class Replica {

  /** What is known of leadership before a log's first replica is started. */
  static final Leadership NOT_STARTED = new Leadership.Following(0, Optional.empty());

  private static final Logger LOG = LoggerFactory.getLogger(Replica.class);

  private final RunningReplicas running;
  private final ReplicaContext node;
  private final String name;
  private final StoredReplica stored;
  private final ReadableStore readable;
  private final Applied applied;
  private final AppliedState state;
  private final GroupMember member;
  private final LogMemory memory;
  private final Checkpointing checkpoints;
  private final LogTrim trim;
  private final Probation probation;

  /** Set while Ratis initializes the group, before anything else can happen to it. */
  private volatile @Nullable EngineRaftLog log;

  /** What Ratis takes for the newest snapshot; none for a log that never had an entry. */
  private volatile @Nullable TermIndex snapshot;

  private Replica(
      RunningReplicas running,
      String name,
      StoredReplica stored,
      ReadableStore readable,
      Leadership before,
      Applied applied,
      AppliedState state) {
    this.running = running;
    this.node = running.node();
    this.name = name;
    this.stored = stored;
    this.readable = readable;
    this.applied = applied;
    Checkpoint checkpoint = stored.checkpoint();
    long index = checkpoint.getIndex();
    this.state = state;
    this.snapshot = index < 0 ? null : state.last();
    long term = stored.votes().current().term();
    this.member =
        new GroupMember(this, new LeadershipTracker(term, before, applied::leadershipChanged));
    this.memory =
        new LogMemory(stored.store(), stored.start(), index, node.recentBytesPerLog(), member);
    stored.configurations().forEach(entry -> memory.foundConfiguration(entry.getIndex()));
    this.checkpoints =
        new Checkpointing(
            name,
            stored.checkpoints(),
            index,
            node.background(),
            this::takeCheckpoint,
            this::checkpointWritten);
    this.trim = new LogTrim(name, memory, checkpoints::request);
    this.probation =
        new Probation(name, stored, node.background(), () -> member.division().resumeElections());
  }

  /**
   * A replica that is ready to be started, from the newest checkpoint whose state can be read.
   *
   * @param running the node's replicas, which it does not join before it is started
   * @param readable its store as readers see it, who may have read another one before
   * @param before what the one that it takes the place of ended as, or {@link #NOT_STARTED}
   * @throws ReplicaQuarantinedException if none can be read and the log does not reach back far
   *     enough
   * @throws IllegalArgumentException if even the state of an empty log is refused
   */
  static Replica of(
      RunningReplicas running,
      String name,
      StoredReplica stored,
      ReadableStore readable,
      Leadership before,
      Applied applied)
      throws ReplicaQuarantinedException {
    StoredReplica from = stored;
    while (true) {
      try {
        AppliedState state = new AppliedState(name, applied, from.checkpoint());
        return new Replica(running, name, from, readable, before, applied, state);
      } catch (IllegalArgumentException e) {
        LOG.warn("{}: a checkpoint cannot be read, the log is replayed", name, e);
        from = from.withoutItsCheckpoint().orElseThrow(() -> e);
      }
    }
  }

  /** What it shares with its node's other replicas. */
  ReplicaContext node() {
    return node;
  }

  /** The node's replicas that run, this one among them: where it is stopped. */
  RunningReplicas running() {
    return running;
  }

  String name() {
    return name;
  }

  /** Its files. */
  StoredReplica stored() {
    return stored;
  }

  /** Its store as readers see it; outlives this replica when that failed. */
  ReadableStore readable() {
    return readable;
  }

  /** Whom it works for. */
  Applied applied() {
    return applied;
  }

  /** What of its log is applied. */
  AppliedState state() {
    return state;
  }

  /** What it is in its group. */
  GroupMember member() {
    return member;
  }

  LogMemory memory() {
    return memory;
  }

  Checkpointing checkpoints() {
    return checkpoints;
  }

  /** What it may not do while its log was replaced by an empty one. */
  Probation probation() {
    return probation;
  }

  LogTrim trim() {
    return trim;
  }

  /**
   * The log as Ratis sees it.
   *
   * @throws IllegalStateException if it is not started
   */
  EngineRaftLog log() {
    EngineRaftLog present = log;
    if (present == null) {
      throw new IllegalStateException(name + " is not started");
    }
    return present;
  }

  long commitIndex() {
    EngineRaftLog present = log;
    return present == null ? state.last().getIndex() : present.commitIndex();
  }

  /** What Ratis takes for the newest snapshot, if there is any. */
  @Nullable TermIndex snapshot() {
    return snapshot;
  }

  /** Ratis initializes the group: gives it our log and the configurations that are stored. */
  void install(RaftLogInstaller installer) {
    member.joined(installer);
    if (probation.lasts()) {
      installer.pauseElections();
    }
    EngineRaftLog opened =
        new EngineRaftLog(
            installer.memberId(),
            stored.store(),
            memory,
            stored.votes(),
            member,
            node.coldReads(),
            node.config().maxEntryBytes(),
            state.last().getIndex());
    log = opened;
    installer.install(opened);
    if (!state.configuration().isEmpty()) {
      LogEntryProto entry = EntryCodec.decode(state.configuration().asReadOnlyByteBuffer());
      installer.setConfiguration(LogProtoUtils.toRaftConfiguration(entry));
    }
    stored
        .configurations()
        .forEach(entry -> installer.setConfiguration(LogProtoUtils.toRaftConfiguration(entry)));
    applied.started(this);
  }

  /** A committed entry of records or a command; the answer goes to who submitted it. */
  ByteBuffer apply(LogEntryProto entry) {
    try {
      ByteBuffer answer = state.apply(log().applying(entry.getIndex()), entry);
      passed(entry.getIndex());
      return answer;
    } catch (RuntimeException e) {
      member.applyFailed(entry.getIndex(), e);
      throw e;
    }
  }

  /** A committed entry that has nothing more to it. */
  void applyPlace(long term, long index) {
    state.place(TermIndex.valueOf(term, index));
    passed(index);
  }

  private void passed(long index) {
    memory.applied(index);
    checkpoints.applied(index);
    probation.applied(state.last().getTerm());
    node.metrics().applied();
  }

  /** Thirty seconds went by. */
  void tick() {
    checkpoints.tick(state.last().getIndex());
  }

  private Checkpoint takeCheckpoint() {
    LogStart start = memory.start();
    return state.checkpoint(start, memory.baseBefore(start), node.config().clock().millis());
  }

  private void checkpointWritten(Checkpoint checkpoint) {
    if (state.isBeingReplaced()) {
      // Raft hears of it when the log is there, too; it would ask for the entries behind it.
      return;
    }
    if (checkpoint.getIndex() >= 0) {
      snapshot = TermIndex.valueOf(checkpoint.getTerm(), checkpoint.getIndex());
      log().updateSnapshotIndex(checkpoint.getIndex());
    }
    if (stored.descriptor().getKind() == ReplicaKind.COMMAND_LOG) {
      trim.commandsCovered(checkpoint);
    }
  }

  /**
   * Replaces log and state by those of a checkpoint from the leader. The log is replaced on return;
   * the state is when {@link #reload} is called. When a disk fails in the middle the replica closes
   * and finishes this when it is opened again.
   */
  void reset(Checkpoint checkpoint) throws IOException {
    state.replaceBy(checkpoint);
    try {
      checkpoints.install(checkpoint);
      memory.reset(StoredReplica.start(checkpoint), StoredReplica.base(checkpoint));
    } catch (IOException | RuntimeException e) {
      member.writeFailed(e);
      // Nothing to be cut: what was there before is replaced.
      running.reopenLater(this, Long.MAX_VALUE);
      throw e;
    }
  }

  /** Ratis goes on applying behind {@link #snapshot}: after a reset, or where it was. */
  void reload() {
    if (state.replace()) {
      memory.applied(state.last().getIndex());
    }
    snapshot = state.last();
  }

  /** Ratis closes the group; the log is closed after this. */
  void stopping() {
    checkpoints.close(state.last().getIndex());
    applied.stopped();
  }
}
