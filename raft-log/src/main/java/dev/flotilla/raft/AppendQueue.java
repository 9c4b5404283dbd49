package dev.flotilla.raft;

import dev.flotilla.raft.QueuedBatch.Reply;
import dev.flotilla.storage.EntryHeader;
import dev.flotilla.storage.EntryKind;
import java.time.Clock;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.Executor;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The batches of one log on their way into Raft. One data entry is in flight; the batches that come
 * meanwhile wait and become the next one together. There is no timer: a batch that finds nothing in
 * flight is on its way at once.
 *
 * <pre>
 *              enqueue             build              applied
 *   caller ----------> waiting ------------> in flight -------> answered
 *                         |        |  refused,   |
 *                         |        |  duplicate  |
 *                         +--------+-------------+-----> answered, failed
 *                                   lost
 * </pre>
 *
 * <p><b>In flight</b> means: admitted by the partition's state at the end of what is applied, and
 * neither applied nor known to be absent from the log. While this replica leads in the entry's term
 * nothing else ends that, since another entry would be built on offsets and producer state that the
 * first one may still change.
 *
 * <p><b>Threads.</b> {@link #enqueue} on any thread. {@link #ready}, {@link #lost} and {@link
 * #applied} come in the order of what they report, {@code applied} after the state has applied the
 * entry, {@code lost} before it applies any entry of another leader. All are short: they never
 * build or submit, because the first copies up to an entry and the second takes Raft's monitors,
 * and they are called by Raft's apply thread or under such a monitor. Both are left to the
 * executor, one task at a time. Futures complete on the caller's thread of {@code applied} and
 * {@code lost}, or on the executor; with no lock held.
 */
final class AppendQueue {

  /** What Ratis' limit leaves for all that is not payload: our header and the envelope of Raft. */
  static final int OVERHEAD_BYTES = 64 << 10;

  /** How much of the overhead the batches and attributes of a header may take. */
  static final int MAX_HEADER_BYTES = OVERHEAD_BYTES - (4 << 10);

  /** An entry ends before the batch that would bring it above this, in bytes. */
  static final int TARGET_PAYLOAD_BYTES = 1 << 20;

  private static final Logger LOG = LoggerFactory.getLogger(AppendQueue.class);

  private final String name;
  private final PartitionState state;
  private final EntrySink sink;
  private final Clock clock;
  private final QueueBudget budget;
  private final int maxBatchBytes;
  private final AppendListener listener;
  private final Executor executor;

  private final Object lock = new Object();

  /** Empty unless ready. Guarded by {@code lock}, as all below. */
  private final WaitingBatches waiting;

  private Leadership leadership = new Leadership.Following(0, Optional.empty());

  /** Where the next entry begins when nothing is in flight. Valid while ready. */
  private long appliedEndOffset;

  /** Of the present term; null unless ready. */
  private @Nullable EntryDraft inFlight;

  /** Whether a task is on its way that will take what waits. */
  private boolean buildDue;

  /**
   * Creates the queue of a log that is not led here.
   *
   * @param maxEntryBytes Raft's limit for an entry, {@link #OVERHEAD_BYTES} of it not for batches
   * @param executor runs what may block for a moment: copying batches, handing an entry to Raft
   */
  AppendQueue(
      String name,
      PartitionState state,
      EntrySink sink,
      Clock clock,
      QueueBudget budget,
      int maxEntryBytes,
      AppendListener listener,
      Executor executor) {
    this.name = name;
    this.state = state;
    this.sink = sink;
    this.clock = clock;
    this.budget = budget;
    this.maxBatchBytes = maxEntryBytes - OVERHEAD_BYTES;
    this.waiting = new WaitingBatches(Math.min(TARGET_PAYLOAD_BYTES, maxBatchBytes));
    this.listener = listener;
    this.executor = executor;
    if (maxBatchBytes <= 0 || budget.limitBytes() < maxBatchBytes) {
      throw new IllegalArgumentException(
          "entries of %d bytes in a queue of %d".formatted(maxEntryBytes, budget.limitBytes()));
    }
  }

  /** Queues a batch; see {@link ReplicatedLog#append}. */
  PendingAppend enqueue(AppendBatch batch) {
    CompletableFuture<Appended> future = new CompletableFuture<>();
    long expectedBaseOffset;
    boolean build;
    synchronized (lock) {
      checkReady();
      int bytes = batch.sizeBytes();
      if (bytes > maxBatchBytes) {
        throw new ReplicatedLogException.TooLarge(
            "%s: a batch of %d bytes, at most %d".formatted(name, bytes, maxBatchBytes));
      }
      if (!budget.tryAcquire(bytes)) {
        throw new ReplicatedLogException.Overloaded(
            "%s: %d bytes wait for appends on this node".formatted(name, budget.usedBytes()));
      }
      expectedBaseOffset =
          (inFlight == null ? appliedEndOffset : inFlight.endOffset()) + waiting.span();
      waiting.add(new QueuedBatch(batch, new Reply(future, bytes, budget)));
      build = claimBuild();
    }
    buildIf(build);
    return new PendingAppend(expectedBaseOffset, future);
  }

  /**
   * This replica leads and has applied an entry of its term: batches are taken from now on.
   *
   * @param endOffset the end offset of all that is applied, which is all that is in the log
   */
  void ready(int term, long endOffset) {
    List<Reply> abandoned;
    synchronized (lock) {
      boolean repeated = leadership.equals(new Leadership.Ready(term));
      if (repeated || term < leadership.term()) {
        return;
      }
      abandoned = takeAll();
      leadership = new Leadership.Ready(term);
      appliedEndOffset = endOffset;
    }
    fail(abandoned, new ReplicatedLogException.NotLeader(name, new Leadership.NotReady(term)));
  }

  /**
   * This replica does not lead, or is not ready. All that is in flight or waits fails; what is in
   * flight may be committed all the same. When this returns, no batch is being admitted.
   */
  void lost(Leadership now) {
    if (now instanceof Leadership.Ready) {
      throw new IllegalArgumentException(name + " is led here: " + now);
    }
    List<Reply> abandoned;
    synchronized (lock) {
      if (now.term() < leadership.term() && !(now instanceof Leadership.Failed)) {
        return;
      }
      abandoned = takeAll();
      leadership = now;
    }
    fail(
        abandoned,
        switch (now) {
          case Leadership.Failed failed -> unavailable(failed.reason());
          case Leadership.ReadOnly readOnly -> unavailable(readOnly.reason());
          default -> new ReplicatedLogException.NotLeader(name, now);
        });
  }

  /**
   * The state has applied an entry, of whichever leader. Answers its batches, if it is the one in
   * flight, and sends the next one on its way.
   *
   * @throws IllegalStateException if it is of this leader's term and not the one in flight: the
   *     entry was appended behind this queue's back, and nothing built here can be trusted
   */
  void applied(EntryHeader header) {
    EntryDraft done;
    boolean build;
    synchronized (lock) {
      boolean ours = leadership instanceof Leadership.Ready(int term) && header.term() == term;
      if (!ours || header.kind() != EntryKind.DATA) {
        return;
      }
      if (inFlight == null || !inFlight.isApplied(header)) {
        throw new IllegalStateException(name + ": applied " + header + ", in flight " + inFlight);
      }
      done = inFlight;
      inFlight = null;
      appliedEndOffset = done.endOffset();
      build = claimBuild();
    }
    buildIf(build);
    listener.applied(done.batches());
    answer(done.answersWhenApplied());
  }

  /** Takes the duty to build, if something can be built and nobody has it. Under the lock. */
  private boolean claimBuild() {
    boolean claimed = !buildDue && canBuild();
    buildDue |= claimed;
    return claimed;
  }

  private boolean canBuild() {
    return leadership instanceof Leadership.Ready && inFlight == null && !waiting.isEmpty();
  }

  private void buildIf(boolean claimed) {
    if (claimed) {
      executor.execute(this::build);
    }
  }

  /** Builds and submits one entry. Batches that need none are answered on the way. */
  private void build() {
    EntryDraft draft = admitNext();
    while (draft != null) {
      if (draft.hasEntry()) {
        submit(draft);
      }
      answer(draft.answersNow());
      for (EntryDraft.Refusal refusal : draft.refusals()) {
        refusal.reply().fail(refusal.cause());
      }
      draft = draft.hasEntry() ? null : admitNext();
    }
  }

  /** Decides on what waits, up to one entry; null if there is nothing to do. */
  private @Nullable EntryDraft admitNext() {
    synchronized (lock) {
      if (!canBuild()) {
        buildDue = false;
        return null;
      }
      // Under the lock: lost() promises that no admission runs once it has returned.
      EntryDraft draft =
          EntryDraft.admit(
              name,
              state,
              leadership.term(),
              appliedEndOffset,
              clock.millis(),
              waiting.takeEntry());
      if (draft.hasEntry()) {
        inFlight = draft;
        buildDue = false;
      }
      return draft;
    }
  }

  private void submit(EntryDraft draft) {
    BuiltEntry entry;
    try {
      entry = draft.build();
    } catch (RuntimeException e) {
      giveUp(draft, new ReplicatedLogException.Refused(name, e));
      return;
    }
    synchronized (lock) {
      if (inFlight != draft) {
        return;
      }
    }
    // Leadership may be lost from here on: the entry names its term, and Raft refuses it in
    // another.
    listener.submitted(draft.batches(), draft.payloadBytes());
    CompletableFuture<Void> submitted;
    try {
      submitted = sink.submit(entry);
    } catch (RuntimeException e) {
      submitted = CompletableFuture.failedFuture(e);
    }
    var _ =
        submitted.whenComplete((done, failure) -> {
          if (failure != null) {
            submitFailed(draft, failure);
          }
        });
  }

  private void submitFailed(EntryDraft draft, Throwable failure) {
    Throwable cause =
        failure instanceof CompletionException && failure.getCause() != null
            ? failure.getCause()
            : failure;
    if (cause instanceof EntrySink.NotAppended notAppended) {
      giveUp(draft, notAppended.reason());
    } else {
      LOG.warn("{}: {} has failed or not; waiting to see it applied", name, draft, cause);
    }
  }

  /**
   * An entry is known not to be in the log: it fails, and what waits behind it, to keep the order.
   */
  private void giveUp(EntryDraft draft, ReplicatedLogException reason) {
    List<Reply> abandoned;
    synchronized (lock) {
      if (inFlight != draft) {
        return;
      }
      abandoned = takeAll();
    }
    fail(abandoned, reason);
  }

  /** Removes all that is in flight and waits, in order. Under the lock. */
  private List<Reply> takeAll() {
    List<Reply> taken = new ArrayList<>();
    if (inFlight != null) {
      inFlight.answersWhenApplied().forEach(answer -> taken.add(answer.reply()));
      inFlight = null;
    }
    taken.addAll(waiting.takeReplies());
    return taken;
  }

  private void checkReady() {
    switch (leadership) {
      case Leadership.Ready ready -> {}
      case Leadership.NotReady notReady -> throw new ReplicatedLogException.NotReady(name);
      case Leadership.Following following ->
          throw new ReplicatedLogException.NotLeader(name, following);
      case Leadership.ReadOnly readOnly -> throw unavailable(readOnly.reason());
      case Leadership.Failed failed -> throw unavailable(failed.reason());
    }
  }

  private ReplicatedLogException unavailable(String reason) {
    return new ReplicatedLogException.Unavailable(name + ": " + reason);
  }

  private static void answer(List<EntryDraft.Answer> answers) {
    for (EntryDraft.Answer answer : answers) {
      answer.reply().complete(answer.appended());
    }
  }

  private static void fail(List<Reply> replies, ReplicatedLogException cause) {
    for (Reply reply : replies) {
      reply.fail(cause);
    }
  }
}
