package dev.flotilla.raft;

import com.google.protobuf.ByteString;
import dev.flotilla.proto.Checkpoint;
import dev.flotilla.proto.StoredLogStart;
import dev.flotilla.storage.EntryHeader;
import dev.flotilla.storage.EntryKind;
import dev.flotilla.storage.LogBase;
import java.nio.ByteBuffer;
import java.time.Duration;
import org.apache.ratis.proto.RaftProtos.LogEntryProto;
import org.apache.ratis.server.protocol.TermIndex;
import org.jspecify.annotations.Nullable;

/**
 * What of a replica's log is applied: the place in the log, the state that follows from the entries
 * up to there, and the last configuration among them.
 *
 * <p><b>Threads.</b> Raft applies on one thread; checkpoints are taken on others. Both hold this
 * object's lock, so that a checkpoint shows the state at one index.
 */
final class AppliedState {

  private final String name;
  private final Applied applied;

  /** Written under the lock, read by any thread. */
  private volatile TermIndex last;

  /** The offset after the last applied record. Likewise. */
  private volatile long endOffset;

  /** The last applied configuration, as an encoded entry; empty if there was none. Guarded. */
  private ByteString configuration;

  /** What takes the place of log and state, until the state is in place too. Guarded. */
  private @Nullable Checkpoint replacement;

  /** Whether an entry was applied in part: it stays so when that failed. Guarded. */
  private boolean torn;

  /**
   * Restores the state of a checkpoint.
   *
   * @throws IllegalArgumentException if the checkpoint's state cannot be read
   */
  AppliedState(String name, Applied applied, Checkpoint checkpoint) {
    this.name = name;
    this.applied = applied;
    this.last = TermIndex.valueOf(checkpoint.getTerm(), checkpoint.getIndex());
    this.endOffset = checkpoint.getAppliedEndOffset();
    this.configuration = checkpoint.getConfiguration();
    restore(checkpoint);
  }

  private void restore(Checkpoint checkpoint) {
    ByteBuffer state = checkpoint.getState().asReadOnlyByteBuffer();
    applied.restore(checkpoint.getIndex(), checkpoint.getAppliedEndOffset(), state);
  }

  /** The last applied entry. */
  TermIndex last() {
    return last;
  }

  /** The offset after the last applied record. */
  long endOffset() {
    return endOffset;
  }

  /** The last applied configuration, as an encoded entry; empty if there was none. */
  synchronized ByteString configuration() {
    return configuration;
  }

  /**
   * Blocks until entries up to an index are applied.
   *
   * @return whether they are, within the time
   */
  synchronized boolean await(long index, Duration patience) throws InterruptedException {
    long deadline = System.nanoTime() + patience.toNanos();
    while (last.getIndex() < index) {
      long leftMs = (deadline - System.nanoTime()) / 1_000_000;
      if (leftMs <= 0) {
        return false;
      }
      wait(leftMs);
    }
    return true;
  }

  /** Called under the lock. */
  private void reached(TermIndex entry) {
    last = entry;
    notifyAll();
  }

  /** A committed entry of records or a command; the answer goes to who submitted it. */
  synchronized ByteBuffer apply(EntryHeader header, LogEntryProto entry) {
    ByteBuffer answer = ByteBuffer.allocate(0);
    torn = true;
    if (header.kind() == EntryKind.RAFT_ONLY) {
      ByteBuffer command = entry.getStateMachineLogEntry().getLogData().asReadOnlyByteBuffer();
      answer = applied.command(header, command);
    } else {
      applied.records(header);
    }
    endOffset = header.endOffset();
    reached(TermIndex.valueOf(header.term(), header.index()));
    torn = false;
    return answer;
  }

  /** A committed configuration. One that Ratis got with a notification is not applied yet. */
  synchronized void configuration(LogEntryProto entry) {
    if (entry.getIndex() == last.getIndex() + 1) {
      configuration = ByteString.copyFrom(entry.toByteString().asReadOnlyByteBuffer());
    }
  }

  /** A committed entry that has nothing more to it. */
  synchronized void place(TermIndex entry) {
    reached(entry);
  }

  /**
   * A checkpoint of all this.
   *
   * @param start where the log begins
   * @param base the base of a log that begins there
   * @throws IllegalStateException if log and state do not belong together now
   */
  synchronized Checkpoint checkpoint(LogStart start, LogBase base, long timeMs) {
    if (replacement != null || torn) {
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
        .setIndex(last.getIndex())
        .setTerm(last.getTerm())
        .setConfiguration(configuration)
        .setLogStart(storedStart)
        .setHighWatermark(endOffset)
        .setAppliedEndOffset(endOffset)
        .setState(ByteString.copyFrom(applied.snapshot(last.getIndex())))
        .setTimeMs(timeMs)
        .build();
  }

  /** A checkpoint from elsewhere is about to take the place of the log, and then of this state. */
  synchronized void replaceBy(Checkpoint checkpoint) {
    replacement = checkpoint;
  }

  /** Whether a checkpoint from elsewhere waits to take the place of this state. */
  synchronized boolean isBeingReplaced() {
    return replacement != null;
  }

  /** Takes over the state that {@link #replaceBy} announced; returns whether there was any. */
  synchronized boolean replace() {
    Checkpoint checkpoint = replacement;
    if (checkpoint == null) {
      return false;
    }
    replacement = null;
    reached(TermIndex.valueOf(checkpoint.getTerm(), checkpoint.getIndex()));
    endOffset = checkpoint.getAppliedEndOffset();
    configuration = checkpoint.getConfiguration();
    restore(checkpoint);
    return true;
  }
}
