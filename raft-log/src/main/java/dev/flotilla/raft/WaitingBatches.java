package dev.flotilla.raft;

import dev.flotilla.raft.QueuedBatch.Reply;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;

/**
 * The batches that wait for the next entry, in the order of arrival. Its owner guards it.
 *
 * <p>Example: with a target of 100 bytes, batches of 60, 30, 20 and 300 bytes are taken as (60,
 * 30), (20), (300).
 */
final class WaitingBatches {

  /** Keeps a header within its share of Raft's limit: at most 120 bytes for a batch. */
  static final int MAX_BATCHES = 512;

  private final ArrayDeque<QueuedBatch> batches = new ArrayDeque<>();
  private final int targetBytes;
  private long span;

  /** An entry ends before the batch that would bring it above the target, in bytes. */
  WaitingBatches(int targetBytes) {
    this.targetBytes = targetBytes;
  }

  boolean isEmpty() {
    return batches.isEmpty();
  }

  /** Offsets that all of them would take. */
  long span() {
    return span;
  }

  void add(QueuedBatch batch) {
    batches.add(batch);
    span += batch.batch().offsetSpan();
  }

  /** Removes those that fit one entry: the first, and as many as keep it within its limits. */
  List<QueuedBatch> takeEntry() {
    List<QueuedBatch> taken = new ArrayList<>();
    long bytes = 0;
    long takenSpan = 0;
    for (QueuedBatch next = batches.peek(); next != null; next = batches.peek()) {
      bytes += next.batch().sizeBytes();
      takenSpan += next.batch().offsetSpan();
      boolean fits =
          bytes <= targetBytes && takenSpan <= Integer.MAX_VALUE && taken.size() < MAX_BATCHES;
      if (!fits && !taken.isEmpty()) {
        break;
      }
      taken.add(batches.remove());
      span -= next.batch().offsetSpan();
    }
    return taken;
  }

  /** Removes all; returns how they are to be answered, in order. */
  List<Reply> takeReplies() {
    List<Reply> replies = batches.stream().map(QueuedBatch::reply).toList();
    batches.clear();
    span = 0;
    return replies;
  }
}
