package dev.flotilla.raft;

import com.google.protobuf.InvalidProtocolBufferException;
import dev.flotilla.proto.PartitionCommand;
import dev.flotilla.proto.StoredLogStart;
import dev.flotilla.storage.EntryHeader;
import dev.flotilla.storage.LogStore;
import dev.flotilla.storage.Slice;
import java.nio.ByteBuffer;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;
import org.apache.ratis.server.protocol.TermIndex;
import org.jspecify.annotations.Nullable;

/** A partition's log on this node, and the state that follows from its records. */
final class PartitionReplica implements Applied, ReplicatedLog {

  private final String name;
  private final PartitionState state;
  private final ReplicaListener listener;
  private final AppendQueue queue;
  private final NodeMetrics metrics;

  /** What runs now; null between a failure and the next opening. Read by any thread. */
  private volatile @Nullable Replica running;

  /** Reads what runs now, or what ran last. Null before the first start. Read by any thread. */
  private volatile @Nullable LogReader reader;

  /** What began to run last, whether it still runs or failed. Likewise. */
  private volatile @Nullable Replica started;

  /** Written in the order of changes, read by any thread. */
  private volatile Leadership leadership = Replica.NOT_STARTED;

  /** Where the log started when the replica before {@link #started} ended. Read by any thread. */
  private volatile long earlierStartOffset;

  /**
   * Never falls: one that was opened again from an older checkpoint has applied less than was seen
   * to be committed. Written by the thread that starts a replica and by the one that applies, read
   * by any.
   */
  private volatile long highWatermark;

  PartitionReplica(
      String name, PartitionState state, ReplicaListener listener, ReplicaContext node) {
    this.name = name;
    this.state = state;
    this.listener = listener;
    this.metrics = node.metrics();
    this.queue =
        new AppendQueue(
            name,
            state,
            entry -> Submission.entry(replica(), entry),
            node.config().clock(),
            node.queueBudget(),
            node.config().maxEntryBytes(),
            node.metrics(),
            node.background());
  }

  private Replica replica() {
    Replica replica = running;
    if (replica == null) {
      throw unavailable();
    }
    return replica;
  }

  private ReplicatedLogException unavailable() {
    return new ReplicatedLogException.Unavailable(name + " does not run: " + leadership);
  }

  // What its users ask for.

  @Override
  public Leadership leadership() {
    return leadership;
  }

  @Override
  public long logStartOffset() {
    Replica last = started;
    if (last == null) {
      throw unavailable();
    }
    return Math.max(earlierStartOffset, last.memory().start().offset());
  }

  @Override
  public long highWatermark() {
    return highWatermark;
  }

  @Override
  public long logEndOffset() {
    return reader().endOffset();
  }

  @Override
  public long diskBytes() {
    return reader().diskBytes();
  }

  @Override
  public PendingAppend append(AppendBatch batch) {
    return queue.enqueue(batch);
  }

  @Override
  public Slice read(long offset, int maxBytes, LogStore.FirstBatch firstBatch) {
    return reader().read(offset, maxBytes, firstBatch);
  }

  @Override
  public Optional<EntryHeader> entryOfTime(long timestampMs) {
    return reader().entryOfTime(timestampMs);
  }

  @Override
  public Optional<EntryHeader> entryOfLargestTimestamp() {
    return reader().entryOfLargestTimestamp();
  }

  @Override
  public Optional<TermEnd> endOfTerm(int term) {
    return reader().endOfTerm(term);
  }

  @Override
  public void headers(long fromOffset, Consumer<EntryHeader> consumer) {
    reader().headers(fromOffset, consumer);
  }

  @Override
  public Optional<LogDigest> digest(long index) {
    Replica last = started;
    if (last == null) {
      throw unavailable();
    }
    return reader().digest(Math.min(index, last.state().last().getIndex()));
  }

  @Override
  public StoredLog stored() {
    Replica last = started;
    if (last == null) {
      throw unavailable();
    }
    return reader().stored(last.stored().descriptor().getEngine());
  }

  @Override
  public CheckedEntries check(long fromIndex, long maxBytes) {
    return reader().check(fromIndex, maxBytes);
  }

  @Override
  public CompletableFuture<Void> moveLogStart(long offset) {
    Replica replica = replica();
    switch (leadership) {
      case Leadership.Ready ready -> {}
      case Leadership.NotReady notReady -> throw new ReplicatedLogException.NotReady(name);
      case Leadership other -> throw new ReplicatedLogException.NotLeader(name, other);
    }
    LogStart present = replica.memory().start();
    if (offset > highWatermark) {
      throw new ReplicatedLogException.OffsetOutOfRange(
          name, offset, present.offset(), highWatermark);
    }
    if (offset <= present.offset()) {
      return CompletableFuture.completedFuture(null);
    }
    long index = startIndex(replica, offset);
    TermIndex before = replica.memory().termIndex(index - 1);
    PartitionCommand command =
        PartitionCommand.newBuilder()
            .setMoveLogStart(
                StoredLogStart.newBuilder()
                    .setIndex(index)
                    .setPredecessorTerm(before == null ? 0 : before.getTerm())
                    .setOffset(offset))
            .build();
    return Submission.command(replica, ByteBuffer.wrap(command.toByteArray()))
        .thenApply(answer -> null);
  }

  /** The entry that holds the offset; where no records are left, the last one that is applied. */
  private long startIndex(Replica replica, long offset) {
    long applied = replica.state().last().getIndex();
    if (offset >= replica.state().endOffset()) {
      return applied;
    }
    return Math.min(reader().indexOfOffset(offset).orElse(applied), applied);
  }

  private LogReader reader() {
    LogReader present = reader;
    if (present == null) {
      throw unavailable();
    }
    return present;
  }

  // What is applied to it.

  @Override
  public void started(Replica replica) {
    if (started != null) {
      earlierStartOffset = logStartOffset();
    }
    started = replica;
    running = replica;
    reader =
        new LogReader(
            name,
            replica.readable(),
            this::logStartOffset,
            this::highWatermark,
            () -> leadership.term(),
            e -> replica.member().damaged("a read found damage: " + e.getMessage(), e));
    Leadership now = replica.member().leadership().current();
    boolean failedBefore =
        leadership instanceof Leadership.Failed || leadership instanceof Leadership.ReadOnly;
    if (failedBefore && !leadership.equals(now)) {
      leadershipChanged(now);
    }
  }

  @Override
  public void stopped() {
    running = null;
  }

  @Override
  public void damaged(String reason) {
    listener.damaged(reason);
  }

  @Override
  public void records(EntryHeader header) {
    state.apply(header);
    highWatermark = Math.max(highWatermark, header.endOffset());
    if (leadership instanceof Leadership.Ready) {
      metrics.appended(header.offsetSpan());
    }
    queue.applied(header);
    listener.highWatermarkChanged(highWatermark);
  }

  @Override
  public ByteBuffer command(EntryHeader header, ByteBuffer bytes) {
    PartitionCommand command;
    try {
      command = PartitionCommand.parseFrom(bytes);
    } catch (InvalidProtocolBufferException e) {
      throw new IllegalStateException(name + ": entry " + header.index() + " is no command", e);
    }
    if (command.hasMoveLogStart()) {
      StoredLogStart start = command.getMoveLogStart();
      replica()
          .trim()
          .moveStart(new LogStart(start.getIndex(), start.getPredecessorTerm(), start.getOffset()));
    }
    return ByteBuffer.allocate(0);
  }

  @Override
  public ByteBuffer snapshot(long index) {
    return state.snapshot();
  }

  @Override
  public void restore(long index, long endOffset, ByteBuffer snapshot) {
    state.restore(snapshot);
    highWatermark = Math.max(highWatermark, endOffset);
  }

  @Override
  public void leadershipChanged(Leadership changed) {
    // Whoever sees that it is ready may append.
    if (changed instanceof Leadership.Ready(int term)) {
      queue.ready(term, highWatermark);
      leadership = changed;
    } else {
      leadership = changed;
      queue.lost(changed);
    }
    listener.leadershipChanged(changed);
  }
}
