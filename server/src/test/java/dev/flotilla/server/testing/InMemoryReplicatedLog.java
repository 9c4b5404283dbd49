package dev.flotilla.server.testing;

import dev.flotilla.raft.AppendBatch;
import dev.flotilla.raft.Appended;
import dev.flotilla.raft.CheckedEntries;
import dev.flotilla.raft.Leadership;
import dev.flotilla.raft.LogDigest;
import dev.flotilla.raft.PartitionState;
import dev.flotilla.raft.PartitionState.Decision;
import dev.flotilla.raft.PendingAppend;
import dev.flotilla.raft.ReplicaListener;
import dev.flotilla.raft.ReplicatedLog;
import dev.flotilla.raft.ReplicatedLogException;
import dev.flotilla.raft.StoredLog;
import dev.flotilla.storage.BatchExtent;
import dev.flotilla.storage.EntryHeader;
import dev.flotilla.storage.EntryKind;
import dev.flotilla.storage.LogStore.FirstBatch;
import dev.flotilla.storage.Slice;
import java.nio.ByteBuffer;
import java.time.Clock;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.Executors;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * A replicated log of one replica in memory. Whether it leads, and in which term, is what a test
 * says. While its gate is closed, an entry that was built stays in flight: durable here, not
 * committed; batches that arrive meanwhile become the next entry.
 *
 * <p>State changes, futures and the listener's calls come on one virtual thread of the log, in
 * order, as they come on Raft's threads in a node.
 */
public final class InMemoryReplicatedLog implements ReplicatedLog {

  private final String name;
  private final PartitionState state;
  private final ReplicaListener listener;
  private final Clock clock;
  private final int maxEntryBytes;
  private final Executor raft = Executors.newSingleThreadExecutor(Thread.ofVirtual().factory());

  private final MemoryEntries entries = new MemoryEntries();
  private final List<Queued> queue = new ArrayList<>();
  private Leadership leadership = new Leadership.Following(0, Optional.empty());
  private boolean gateOpen = true;
  private @Nullable InFlight inFlight;
  private long highWatermark;
  private long logStartOffset;

  /** An empty log that follows in term 0, with an open gate. */
  public InMemoryReplicatedLog(
      String name, PartitionState state, ReplicaListener listener, Clock clock) {
    this(name, state, listener, clock, 1 << 20);
  }

  public InMemoryReplicatedLog(
      String name, PartitionState state, ReplicaListener listener, Clock clock, int maxEntryBytes) {
    this.name = name;
    this.state = state;
    this.listener = listener;
    this.clock = clock;
    this.maxEntryBytes = maxEntryBytes;
    state.restore(ByteBuffer.allocate(0));
  }

  private record Queued(AppendBatch batch, CompletableFuture<Appended> future) {}

  private record InFlight(EntryHeader header, List<Runnable> completions, List<Queued> members) {}

  /** Leads in a term, not ready: as after an election. */
  public void lead(int term) {
    become(new Leadership.NotReady(term));
  }

  /** Leads in a term and is ready: has applied an entry of that term. */
  public void leadReady(int term) {
    onRaft(() -> {
      change(new Leadership.NotReady(term));
      synchronized (this) {
        entries.add(term, clock.millis(), EntryHeader.NO_TIMESTAMP, List.of(), empty(), empty());
      }
      change(new Leadership.Ready(term));
    });
  }

  /**
   * Becomes what it is told. When it does not lead any more, what waits fails with {@code
   * NotLeader}, and an entry in flight is truncated.
   */
  public void become(Leadership next) {
    onRaft(() -> change(next));
  }

  /** From now on nothing is committed. */
  public synchronized void closeGate() {
    gateOpen = false;
  }

  /** Commits what is in flight, and all that follows. Returns when all that was queued is done. */
  public void openGate() {
    synchronized (this) {
      gateOpen = true;
    }
    onRaft(this::drain);
  }

  /** Slices that were lent and not yet closed. */
  public int lentSlices() {
    return entries.lent();
  }

  /** How many batches wait for the next entry. */
  public synchronized int queued() {
    return queue.size();
  }

  @Override
  public synchronized Leadership leadership() {
    return leadership;
  }

  @Override
  public synchronized long logStartOffset() {
    return logStartOffset;
  }

  @Override
  public synchronized long highWatermark() {
    return highWatermark;
  }

  @Override
  public synchronized long logEndOffset() {
    return entries.endOffset();
  }

  @Override
  public synchronized long diskBytes() {
    return entries.headers().stream().mapToLong(EntryHeader::batchBytes).sum();
  }

  @Override
  public synchronized StoredLog stored() {
    List<EntryHeader> headers = entries.headers();
    return new StoredLog(
        "memory", diskBytes(), 0, headers.size(), logStartOffset(), logEndOffset());
  }

  @Override
  public synchronized CheckedEntries check(long fromIndex, long maxBytes) {
    int end = entries.headers().size();
    return new CheckedEntries(end, end, end, diskBytes());
  }

  @Override
  public synchronized PendingAppend append(AppendBatch batch) {
    switch (leadership) {
      case Leadership.Ready ready -> {}
      case Leadership.NotReady notReady -> throw new ReplicatedLogException.NotReady(name);
      case Leadership.Following following ->
          throw new ReplicatedLogException.NotLeader(name, following);
      case Leadership.Failed failed ->
          throw new ReplicatedLogException.Unavailable(failed.reason());
      case Leadership.ReadOnly failed ->
          throw new ReplicatedLogException.Unavailable(failed.reason());
    }
    if (batch.sizeBytes() > maxEntryBytes) {
      throw new ReplicatedLogException.TooLarge(batch.sizeBytes() + " bytes");
    }
    long expected = entries.endOffset();
    for (Queued waiting : queue) {
      expected += waiting.batch().offsetSpan();
    }
    CompletableFuture<Appended> future = new CompletableFuture<>();
    queue.add(new Queued(batch, future));
    raft.execute(this::drain);
    return new PendingAppend(expected, future);
  }

  @Override
  public synchronized Slice read(long offset, int maxBytes, FirstBatch firstBatch) {
    if (offset < logStartOffset || offset > entries.endOffset()) {
      throw new ReplicatedLogException.OffsetOutOfRange(
          name, offset, logStartOffset, entries.endOffset());
    }
    return entries.read(offset, highWatermark, maxBytes, firstBatch);
  }

  @Override
  public synchronized Optional<EntryHeader> entryOfTime(long timestampMs) {
    return committedData().stream().filter(h -> h.maxTimestampMs() >= timestampMs).findFirst();
  }

  @Override
  public synchronized Optional<EntryHeader> entryOfLargestTimestamp() {
    return committedData().reversed().stream()
        .max(Comparator.comparingLong(EntryHeader::maxTimestampMs))
        .flatMap(largest -> entryOfTime(largest.maxTimestampMs()));
  }

  @Override
  public synchronized Optional<TermEnd> endOfTerm(int term) {
    if (term > leadership.term()) {
      return Optional.empty();
    }
    long found = -1;
    for (EntryHeader header : entries.headers()) {
      if (header.term() <= term) {
        found = header.term();
      } else {
        return found < 0
            ? Optional.empty()
            : Optional.of(new TermEnd((int) found, header.baseOffset()));
      }
    }
    return found < 0
        ? Optional.empty()
        : Optional.of(new TermEnd((int) found, entries.endOffset()));
  }

  @Override
  public synchronized Optional<LogDigest> digest(long index) {
    return entries.headers().stream()
        .filter(header -> committed(header) && header.index() <= index)
        .max(Comparator.comparingLong(EntryHeader::index))
        .map(header -> new LogDigest(header.index(), header.endOffset(), header.digest()));
  }

  @Override
  public void headers(long fromOffset, Consumer<EntryHeader> consumer) {
    List<EntryHeader> shown;
    synchronized (this) {
      shown = entries.headers().stream().filter(this::committed).toList();
    }
    shown.stream().filter(h -> h.endOffset() > fromOffset).forEach(consumer);
  }

  @Override
  public CompletableFuture<Void> moveLogStart(long offset) {
    return CompletableFuture.runAsync(
        () -> {
          synchronized (this) {
            logStartOffset = Math.clamp(offset, logStartOffset, highWatermark);
          }
        },
        raft);
  }

  private List<EntryHeader> committedData() {
    return entries.headers().stream()
        .filter(h -> h.kind() == EntryKind.DATA && committed(h))
        .toList();
  }

  private boolean committed(EntryHeader header) {
    return header.endOffset() <= highWatermark;
  }

  private void onRaft(Runnable change) {
    CompletableFuture.runAsync(change, raft).join();
  }

  private void change(Leadership next) {
    List<Queued> given = new ArrayList<>();
    synchronized (this) {
      if (next.term() < leadership.term()) {
        throw new IllegalArgumentException(leadership + " cannot become " + next);
      }
      leadership = next;
      if (!(next instanceof Leadership.Ready)) {
        if (inFlight != null) {
          given.addAll(inFlight.members());
          entries.removeLast();
          inFlight = null;
        }
        given.addAll(queue);
        queue.clear();
      }
    }
    for (Queued batch : given) {
      batch.future().completeExceptionally(new ReplicatedLogException.NotLeader(name, next));
    }
    listener.leadershipChanged(next);
  }

  /** Commits the entry in flight and builds the next, as long as the gate is open. */
  private void drain() {
    while (true) {
      List<Runnable> completions = new ArrayList<>();
      long committedEnd = -1;
      synchronized (this) {
        if (inFlight == null) {
          build(completions);
        } else if (gateOpen) {
          InFlight done = inFlight;
          inFlight = null;
          state.apply(done.header());
          highWatermark = done.header().endOffset();
          committedEnd = highWatermark;
          completions.addAll(done.completions());
        }
      }
      boolean idle = completions.isEmpty() && committedEnd < 0;
      completions.forEach(Runnable::run);
      if (committedEnd >= 0) {
        listener.highWatermarkChanged(committedEnd);
      }
      synchronized (this) {
        if (idle && (inFlight == null ? queue.isEmpty() : !gateOpen)) {
          return;
        }
      }
    }
  }

  /** Builds an entry of what is queued; completes at once what does not wait for it. */
  private void build(List<Runnable> answeredNow) {
    long base = entries.endOffset();
    long offset = base;
    long now = clock.millis();
    int term = leadership.term();
    PartitionState.Admission admission = state.newEntry(base, term, now);
    List<BatchExtent> extents = new ArrayList<>();
    List<Runnable> completions = new ArrayList<>();
    List<Queued> members = new ArrayList<>();
    ByteBuffer payload = ByteBuffer.allocateDirect(payloadBytes());
    long maxTimestamp = EntryHeader.NO_TIMESTAMP;
    int taken = 0;
    for (Queued queued : queue) {
      AppendBatch batch = queued.batch();
      if (batch.sizeBytes() > payload.remaining()) {
        break;
      }
      taken++;
      switch (admission.admit(batch, offset)) {
        case Decision.Accept accept -> {
          batch.writeTo(payload, offset, term);
          long first = offset;
          offset += batch.offsetSpan();
          long last = offset - 1;
          maxTimestamp = Math.max(maxTimestamp, batch.maxTimestampMs());
          extents.add(new BatchExtent(batch.sizeBytes(), (int) (last - base)));
          members.add(queued);
          completions.add(() ->
              queued.future().complete(new Appended(first, last, now, Appended.Origin.STORED)));
        }
        case Decision.Duplicate duplicate -> {
          Runnable answer =
              () ->
                  queued
                      .future()
                      .complete(
                          new Appended(
                              duplicate.baseOffset(),
                              duplicate.lastOffset(),
                              duplicate.appendTimeMs(),
                              Appended.Origin.DUPLICATE));
          if (duplicate.lastOffset() < highWatermark) {
            answeredNow.add(answer);
          } else {
            members.add(queued);
            completions.add(answer);
          }
        }
        case Decision.Refuse refuse ->
            answeredNow.add(() ->
                queued
                    .future()
                    .completeExceptionally(
                        new ReplicatedLogException.Refused(name, refuse.cause())));
      }
    }
    queue.subList(0, taken).clear();
    if (!extents.isEmpty()) {
      EntryHeader header =
          entries.add(term, now, maxTimestamp, extents, admission.attributes(), payload.flip());
      inFlight = new InFlight(header, completions, members);
    }
  }

  private int payloadBytes() {
    long waiting = queue.stream().mapToLong(queued -> queued.batch().sizeBytes()).sum();
    return (int) Math.min(waiting, maxEntryBytes);
  }

  private static ByteBuffer empty() {
    return ByteBuffer.allocate(0);
  }
}
