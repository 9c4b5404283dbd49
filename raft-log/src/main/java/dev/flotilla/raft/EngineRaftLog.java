package dev.flotilla.raft;

import dev.flotilla.raft.RecentEntries.Recent;
import dev.flotilla.storage.EntryHeader;
import dev.flotilla.storage.EntryKind;
import dev.flotilla.storage.LogClosedException;
import dev.flotilla.storage.LogStore;
import dev.flotilla.storage.Slice;
import dev.flotilla.storage.StorageException;
import java.io.IOException;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;
import org.apache.ratis.proto.RaftProtos.LogEntryProto;
import org.apache.ratis.proto.RaftProtos.LogEntryProto.LogEntryBodyCase;
import org.apache.ratis.protocol.RaftGroupMemberId;
import org.apache.ratis.protocol.RaftPeerId;
import org.apache.ratis.protocol.exceptions.StateMachineException;
import org.apache.ratis.server.RaftConfiguration;
import org.apache.ratis.server.metrics.RaftLogMetrics;
import org.apache.ratis.server.protocol.TermIndex;
import org.apache.ratis.server.raftlog.LogEntryHeader;
import org.apache.ratis.server.raftlog.LogProtoUtils;
import org.apache.ratis.server.raftlog.RaftLog;
import org.apache.ratis.server.raftlog.RaftLogIOException;
import org.apache.ratis.server.storage.RaftStorageMetadata;
import org.apache.ratis.statemachine.TransactionContext;
import org.apache.ratis.util.TimeDuration;
import org.jspecify.annotations.Nullable;

/**
 * The Raft log of a group, kept by a {@link LogStore}: what Ratis sees of it.
 *
 * <p>It implements Ratis' interface and does not extend Ratis' {@code RaftLogBase}, because that
 * claims the log for its caller before a subclass can take the group's monitor; see {@link
 * FollowerAppend}.
 *
 * <p><b>Threads.</b> The log is changed under the group's monitor only, and within that under a
 * lock of {@link LogMemory}, which is never held for a disk. What Ratis asks for with every message
 * is answered from memory.
 *
 * <p><b>Durability.</b> An entry is acknowledged when the write that contained it is complete and
 * no truncation came between, see {@link FlushTracker}.
 */
final class EngineRaftLog implements RaftLog {

  private static final RaftLogMetrics NO_METRICS = header -> {};

  private final RaftGroupMemberId memberId;
  private final LogStore store;
  private final LogMemory memory;
  private final VoteStore votes;
  private final LogHost host;
  private final ColdReads coldReads;
  private final int maxEntryBytes;

  private final FollowerAppend fromLeader;

  /** What is being applied. Touched by the applying thread only. */
  private @Nullable EntryHeader applying;

  /** Guards the two indexes below where they rise. */
  private final Object indexes = new Object();

  /** Read by any thread. Never falls. */
  private volatile long commitIndex;

  /** Likewise. */
  private volatile long snapshotIndex;

  /** Written by the thread that closes, read by any. */
  private volatile boolean open = true;

  EngineRaftLog(
      RaftGroupMemberId memberId,
      LogStore store,
      LogMemory memory,
      VoteStore votes,
      LogHost host,
      ColdReads coldReads,
      int maxEntryBytes,
      long snapshotIndex) {
    this.memberId = memberId;
    this.store = store;
    this.memory = memory;
    this.votes = votes;
    this.host = host;
    this.coldReads = coldReads;
    this.maxEntryBytes = maxEntryBytes;
    this.commitIndex = snapshotIndex;
    this.snapshotIndex = snapshotIndex;
    this.fromLeader =
        new FollowerAppend(
            memberId.toString(), store, memory, host, this::commitIndex, this::checkOpen);
  }

  // What Ratis asks for.

  @Override
  public boolean isOpened() {
    return open;
  }

  @Override
  public @Nullable TermIndex getTermIndex(long index) {
    return memory.termIndex(index);
  }

  @Override
  public @Nullable TermIndex getLastEntryTermIndex() {
    LogTail tail = memory.tail();
    return tail.lastIndex() < 0 ? null : TermIndex.valueOf(tail.lastTerm(), tail.lastIndex());
  }

  @Override
  public long getStartIndex() {
    return memory.start().index();
  }

  @Override
  public long getNextIndex() {
    return memory.tail().nextIndex();
  }

  @Override
  public long getFlushIndex() {
    return memory.flushIndex();
  }

  /**
   * {@inheritDoc}
   *
   * <p>Ratis asks for it while it checks an AppendEntries request under the group's monitor, on the
   * thread that will append the entries after it gave the monitor back: see {@link FollowerAppend}.
   */
  @Override
  public long getLastCommittedIndex() {
    fromLeader.checking();
    return commitIndex;
  }

  /** The same, for anybody but Ratis. */
  long commitIndex() {
    return commitIndex;
  }

  @Override
  public long getSnapshotIndex() {
    return snapshotIndex;
  }

  /** The configurations among entries; Ratis looks at no others. */
  @Override
  public LogEntryHeader[] getEntries(long startIndex, long endIndex) {
    return memory.configurations(startIndex, endIndex).stream()
        .map(at -> LogEntryHeader.valueOf(at, LogEntryBodyCase.CONFIGURATIONENTRY))
        .toArray(LogEntryHeader[]::new);
  }

  /**
   * An entry to be applied: of an entry of records nothing but its place. None where the log was
   * just reset. An exception makes Ratis close the group.
   */
  @Override
  public @Nullable LogEntryProto get(long index) {
    Recent recent = memory.recent(index);
    if (recent != null) {
      EntryHeader header = recent.header();
      applying = header;
      return header.kind() == EntryKind.RAFT_ONLY ? recent.sent() : EntryCodec.placeOf(header);
    }
    if (index < memory.start().index() || index > memory.flushIndex()) {
      return null;
    }
    try {
      EntryHeader header = store.header(index);
      applying = header;
      return header.kind() == EntryKind.RAFT_ONLY ? stored(index) : EntryCodec.placeOf(header);
    } catch (IndexOutOfBoundsException e) {
      return null;
    } catch (StorageException | IllegalArgumentException e) {
      host.unreadable(index, e);
      throw e;
    }
  }

  private LogEntryProto stored(long index) {
    try (Slice payload = store.payload(index)) {
      return EntryCodec.decode(payload.buffers().getFirst());
    }
  }

  /** The header of the entry that {@link #get} returned last, to the thread that applies it. */
  EntryHeader applying(long index) {
    EntryHeader header = applying;
    if (header == null || header.index() != index) {
      throw new IllegalStateException(memberId + ": entry " + index + " is not being applied");
    }
    return header;
  }

  @Override
  public EntryWithData getEntryWithData(long index) {
    Recent recent = memory.recent(index);
    return recent != null ? new InMemory(recent.sent()) : coldReads.entry(store, index, host);
  }

  private record InMemory(LogEntryProto entry) implements EntryWithData {

    @Override
    public int getSerializedSize() {
      return entry.getSerializedSize();
    }

    @Override
    public LogEntryProto getEntry(TimeDuration timeout) {
      return entry;
    }
  }

  @Override
  public RaftLogMetrics getRaftLogMetrics() {
    return NO_METRICS;
  }

  // What a leader appends, under the group's monitor.

  @Override
  public long append(long term, TransactionContext transaction) throws StateMachineException {
    synchronized (host.monitor()) {
      checkOpen();
      long index = getNextIndex();
      TransactionContext checked;
      try {
        checked = transaction.preAppendTransaction();
      } catch (StateMachineException e) {
        throw e;
      } catch (IOException e) {
        throw refused(e);
      }
      LogEntryProto entry = checked.initLogEntry(term, index);
      Recent added =
          checked.getStateMachineContext() instanceof BuiltEntry built
              ? memory.records(term, built)
              : memory.raftOnly(entry);
      if (added.bytes() > maxEntryBytes) {
        throw refused(new RaftLogIOException(added.bytes() + " bytes do not fit an entry"));
      }
      var _ = memory.append(List.of(added));
      return index;
    }
  }

  /** Ratis has a leader step down for a refused entry, unless it is told not to. */
  private StateMachineException refused(IOException reason) {
    return new StateMachineException(memberId, reason, false);
  }

  @Override
  public long append(long term, RaftConfiguration configuration) {
    synchronized (host.monitor()) {
      checkOpen();
      host.checkVoters(configuration);
      long index = getNextIndex();
      LogEntryProto entry = LogProtoUtils.toLogEntryProto(configuration, term, index);
      var _ = memory.append(List.of(memory.raftOnly(entry)));
      return index;
    }
  }

  @Override
  public long appendMetadata(long term, long newCommitIndex) {
    throw new UnsupportedOperationException("commit indexes are not logged");
  }

  @Override
  public CompletableFuture<Long> appendEntry(LogEntryProto entry) {
    synchronized (host.monitor()) {
      checkOpen();
      return memory.append(List.of(memory.raftOnly(entry)));
    }
  }

  // What a follower appends.

  @Override
  public List<CompletableFuture<Long>> append(List<LogEntryProto> entries) {
    return entries.isEmpty() ? List.of() : List.of(fromLeader.append(entries));
  }

  @Override
  public CompletableFuture<Long> truncate(long index) {
    return fromLeader.truncate(index);
  }

  private void checkOpen() {
    if (!open) {
      throw new IllegalStateException(memberId + ": the log is closed");
    }
    if (!host.trusted()) {
      throw new LogClosedException(memberId + ": the log is damaged");
    }
    memory.checkWritable();
  }

  // Indexes, votes, life cycle.

  @Override
  public boolean updateCommitIndex(long majorityIndex, long currentTerm, boolean isLeader) {
    synchronized (indexes) {
      long committed = Math.min(majorityIndex, memory.flushIndex());
      if (committed <= commitIndex) {
        return false;
      }
      TermIndex last = memory.termIndex(committed);
      // A leader counts copies of its own term's entries only (Raft, section 5.4.2).
      if (isLeader && (last == null || last.getTerm() != currentTerm)) {
        return false;
      }
      commitIndex = committed;
      return true;
    }
  }

  @Override
  public void updateSnapshotIndex(long newSnapshotIndex) {
    synchronized (indexes) {
      snapshotIndex = Math.max(snapshotIndex, newSnapshotIndex);
      commitIndex = Math.max(commitIndex, newSnapshotIndex);
    }
  }

  @Override
  public void persistMetadata(RaftStorageMetadata metadata) throws IOException {
    if (!host.trusted()) {
      throw new IOException(memberId + ": a damaged log has no vote");
    }
    RaftPeerId votedFor = metadata.getVotedFor();
    try {
      votes.persist(
          metadata.getTerm(),
          votedFor == null || votedFor.toString().isEmpty() ? null : votedFor.toString());
    } catch (IOException | RuntimeException e) {
      host.writeFailed(e);
      host.closeAfterFailure(e);
      throw e;
    }
    host.termChanged(metadata.getTerm());
  }

  @Override
  public RaftStorageMetadata loadMetadata() {
    VoteStore.Vote vote = votes.current();
    String votedFor = vote.votedFor();
    return RaftStorageMetadata.valueOf(
        vote.term(), votedFor == null ? null : RaftPeerId.valueOf(votedFor));
  }

  @Override
  public void open(long lastIndexInSnapshot, Consumer<LogEntryProto> consumer) {
    throw new UnsupportedOperationException("a log is open when constructed");
  }

  /** Does nothing: prefixes go by the replicated log start. */
  @Override
  public CompletableFuture<Long> purge(long suggestedIndex) {
    return CompletableFuture.completedFuture(memory.start().index() - 1);
  }

  @Override
  public CompletableFuture<Long> onSnapshotInstalled(long lastSnapshotIndex) {
    updateSnapshotIndex(lastSnapshotIndex);
    return CompletableFuture.completedFuture(lastSnapshotIndex);
  }

  /** Leaves the store to the host. */
  @Override
  public void close() {
    open = false;
    try {
      host.logClosed();
    } finally {
      memory.abandon();
    }
  }

  @Override
  public String toString() {
    return memberId + " log to " + memory.tail().lastIndex() + ", committed to " + commitIndex;
  }
}
