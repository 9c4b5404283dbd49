package dev.flotilla.server.partition;

import dev.flotilla.raft.AppendBatch;
import dev.flotilla.raft.PartitionState.Admission;
import dev.flotilla.raft.PartitionState.Decision;
import dev.flotilla.storage.BatchExtent;
import dev.flotilla.storage.EntryHeader;
import dev.flotilla.storage.EntryKind;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/** Drives producer state as a log does: admits the batches of an entry, then applies its header. */
final class StateDriver {

  private final ProducerState state;
  private long index;
  private long endOffset;
  private long clockMs;

  StateDriver(ProducerState state) {
    this.state = state;
  }

  ProducerState state() {
    return state;
  }

  long endOffset() {
    return endOffset;
  }

  /** Sets the leader's clock. */
  void clockMs(long now) {
    clockMs = now;
  }

  /** A driver at the same place of the log, whose state went through a snapshot. */
  StateDriver restored() {
    ProducerState copy = new ProducerState("t-0", Duration.ofMinutes(1));
    copy.restore(state.snapshot());
    StateDriver driver = new StateDriver(copy);
    driver.index = index;
    driver.endOffset = endOffset;
    driver.clockMs = clockMs;
    return driver;
  }

  /** Builds an entry that is lost before it is committed. */
  void admitOnly(AppendBatch... batches) {
    Admission admission = state.newEntry(endOffset, 1, clockMs);
    long offset = endOffset;
    for (AppendBatch batch : batches) {
      admission.admit(batch, offset);
      offset += batch.offsetSpan();
    }
  }

  /** Builds an entry of those batches that are accepted, and applies it. */
  List<Decision> append(AppendBatch... batches) {
    Admission admission = state.newEntry(endOffset, 1, clockMs);
    List<Decision> decisions = new ArrayList<>();
    List<BatchExtent> extents = new ArrayList<>();
    long offset = endOffset;
    long maxTimestamp = EntryHeader.NO_TIMESTAMP;
    for (AppendBatch batch : batches) {
      Decision decision = admission.admit(batch, offset);
      decisions.add(decision);
      if (decision instanceof Decision.Accept) {
        offset += batch.offsetSpan();
        extents.add(new BatchExtent(batch.sizeBytes(), (int) (offset - endOffset - 1)));
        maxTimestamp = Math.max(maxTimestamp, batch.maxTimestampMs());
      }
    }
    if (!extents.isEmpty()) {
      state.apply(
          new EntryHeader(
              index++,
              1,
              EntryKind.DATA,
              endOffset,
              (int) (offset - endOffset),
              clockMs,
              maxTimestamp,
              maxTimestamp,
              0,
              extents,
              admission.attributes()));
      endOffset = offset;
    }
    return decisions;
  }
}
