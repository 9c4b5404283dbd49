package dev.flotilla.raft;

import dev.flotilla.raft.PartitionState.Admission;
import dev.flotilla.raft.PartitionState.Decision;
import dev.flotilla.raft.QueuedBatch.Reply;
import dev.flotilla.storage.BatchExtent;
import dev.flotilla.storage.EntryHeader;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;

/**
 * The next data entry of a leader, from the decision on its batches until it is applied: which of
 * them it holds at which offsets, and what each batch is answered.
 *
 * <p>{@link #admit} decides and is quick; {@link #build} copies the batches, once, and drops them.
 * One thread at a time.
 */
final class EntryDraft {

  /** An answer that is due. */
  record Answer(Reply reply, Appended appended) {}

  /** A batch that is not appended, and why. */
  record Refusal(Reply reply, ReplicatedLogException cause) {}

  private final int term;
  private final long baseOffset;
  private final long appendTimeMs;
  private ByteBuffer attributes = ByteBuffer.allocate(0);

  /** The batches of the entry, in order; empty once it is built. */
  private final List<AppendBatch> accepted = new ArrayList<>();

  private final List<Answer> answersNow = new ArrayList<>();
  private final List<Answer> answersWhenApplied = new ArrayList<>();
  private final List<Refusal> refusals = new ArrayList<>();
  private int acceptedBatches;
  private int offsetSpan;
  private int payloadBytes;
  private long maxTimestampMs = EntryHeader.NO_TIMESTAMP;

  private EntryDraft(int term, long baseOffset, long appendTimeMs) {
    this.term = term;
    this.baseOffset = baseOffset;
    this.appendTimeMs = appendTimeMs;
  }

  /**
   * Decides on batches, in order. A state that throws has them all refused.
   *
   * @param log name of the log, for messages
   * @param baseOffset the end offset of all that is applied
   */
  static EntryDraft admit(
      String log,
      PartitionState state,
      int term,
      long baseOffset,
      long appendTimeMs,
      List<QueuedBatch> batches) {
    try {
      EntryDraft draft = new EntryDraft(term, baseOffset, appendTimeMs);
      Admission admission = state.newEntry(baseOffset, term, appendTimeMs);
      for (QueuedBatch batch : batches) {
        draft.decide(log, admission, batch);
      }
      draft.attributes = admission.attributes();
      draft.checkHeaderFits();
      return draft;
    } catch (RuntimeException e) {
      EntryDraft refused = new EntryDraft(term, baseOffset, appendTimeMs);
      for (QueuedBatch batch : batches) {
        refused.refusals.add(
            new Refusal(batch.reply(), new ReplicatedLogException.Refused(log, e)));
      }
      return refused;
    }
  }

  private void decide(String log, Admission admission, QueuedBatch queued) {
    AppendBatch batch = queued.batch();
    Reply reply = queued.reply();
    switch (admission.admit(batch, endOffset())) {
      case Decision.Accept() -> accept(batch, reply);
      case Decision.Duplicate(long first, long last, long timeMs) -> {
        Answer answer =
            new Answer(reply, new Appended(first, last, timeMs, Appended.Origin.DUPLICATE));
        // What it repeats is applied, or else a batch of this very entry: nothing else is in
        // flight.
        (last < baseOffset ? answersNow : answersWhenApplied).add(answer);
      }
      case Decision.Refuse(RuntimeException cause) ->
          refusals.add(new Refusal(reply, new ReplicatedLogException.Refused(log, cause)));
    }
  }

  private void accept(AppendBatch batch, Reply reply) {
    long first = endOffset();
    accepted.add(batch);
    acceptedBatches++;
    offsetSpan = Math.addExact(offsetSpan, batch.offsetSpan());
    payloadBytes = Math.addExact(payloadBytes, batch.sizeBytes());
    maxTimestampMs = Math.max(maxTimestampMs, batch.maxTimestampMs());
    answersWhenApplied.add(
        new Answer(
            reply, new Appended(first, endOffset() - 1, appendTimeMs, Appended.Origin.STORED)));
  }

  private void checkHeaderFits() {
    long headerBytes = attributes.remaining() + (long) acceptedBatches * Long.BYTES;
    if (headerBytes > AppendQueue.MAX_HEADER_BYTES) {
      throw new IllegalStateException(
          "attributes of %d bytes for %d batches"
              .formatted(attributes.remaining(), acceptedBatches));
    }
  }

  /** Whether any batch is to be appended. */
  boolean hasEntry() {
    return acceptedBatches > 0;
  }

  /** Copies the batches into one payload. Once. */
  BuiltEntry build() {
    ByteBuffer payload = ByteBuffer.allocate(payloadBytes);
    List<BatchExtent> extents = new ArrayList<>(accepted.size());
    int span = 0;
    for (AppendBatch batch : accepted) {
      int start = payload.position();
      batch.writeTo(payload, baseOffset + span, term);
      span += batch.offsetSpan();
      int length = payload.position() - start;
      if (length != batch.sizeBytes()) {
        throw new IllegalStateException(
            "a batch of %d bytes wrote %d".formatted(batch.sizeBytes(), length));
      }
      extents.add(new BatchExtent(length, span - 1));
    }
    accepted.clear();
    return new BuiltEntry(
        term,
        baseOffset,
        offsetSpan,
        appendTimeMs,
        maxTimestampMs,
        extents,
        attributes,
        payload.flip());
  }

  /** Whether an applied entry is this one. Only this leader appends in its term. */
  boolean isApplied(EntryHeader header) {
    return header.term() == term
        && header.baseOffset() == baseOffset
        && header.offsetSpan() == offsetSpan;
  }

  long endOffset() {
    return baseOffset + offsetSpan;
  }

  int offsetSpan() {
    return offsetSpan;
  }

  int batches() {
    return acceptedBatches;
  }

  int payloadBytes() {
    return payloadBytes;
  }

  /** Duplicates of what was applied before. */
  List<Answer> answersNow() {
    return answersNow;
  }

  /** The batches of the entry, and their duplicates, in order. */
  List<Answer> answersWhenApplied() {
    return answersWhenApplied;
  }

  List<Refusal> refusals() {
    return refusals;
  }

  @Override
  public String toString() {
    return "entry of term %d at offset %d, span %d".formatted(term, baseOffset, offsetSpan);
  }
}
