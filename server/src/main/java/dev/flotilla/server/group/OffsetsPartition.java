package dev.flotilla.server.group;

import dev.flotilla.raft.AppendBatch;
import dev.flotilla.raft.Appended;
import dev.flotilla.raft.Leadership;
import dev.flotilla.raft.PendingAppend;
import dev.flotilla.raft.ReplicatedLog;
import dev.flotilla.raft.ReplicatedLogException;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Optional;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.NotLeaderOrFollowerException;
import org.apache.kafka.coordinator.common.runtime.PartitionWriter;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A partition of {@code __consumer_offsets} whose replica is on this node, and the state machines
 * that Kafka's runtime keeps on it, one after another.
 *
 * <p>The runtime works on its own queue: when it is told of a resignation and an election, it may
 * still be loading, or writing for, an earlier tenure. The rules that keep the tenures apart:
 *
 * <ul>
 *   <li>A tenure ends before the next begins, and the runtime is told in that order.
 *   <li>The runtime loads once for each election, in order. A load whose tenure is over never
 *       completes: the runtime would take it for the load of the next one.
 *   <li>Only a state machine that was loaded in the current tenure writes. An earlier one's batch,
 *       even when this node leads again, was made from state that others have passed by.
 *   <li>A load begins when nothing that was written here before is in flight any more.
 *   <li>When a batch is not committed where the state machine expects it, state machine and log
 *       have parted: the tenure ends and the next begins in the same term.
 * </ul>
 *
 * <p><b>Threads.</b> Any. The lock is never held while the log is called, since the log calls here
 * with locks of its own.
 */
final class OffsetsPartition {

  private static final Logger LOG = LoggerFactory.getLogger(OffsetsPartition.class);

  private final TopicPartition partition;
  private final LogLookup logs;
  private final Elections elections;

  /** Tenures that the runtime was told of and has not begun to load. */
  private final Deque<Tenure> elected = new ArrayDeque<>();

  private @Nullable Tenure current;

  /** The tenure of the last load that completed, current or not. */
  private @Nullable Tenure loaded;

  /** Batches handed to the log, in whatever tenure, whose fate is open. */
  private int inFlight;

  OffsetsPartition(TopicPartition partition, LogLookup logs, Elections elections) {
    this.partition = partition;
    this.logs = logs;
    this.elections = elections;
  }

  TopicPartition partition() {
    return partition;
  }

  /** The log of the replica here, if there is one. */
  Optional<ReplicatedLog> log() {
    return Optional.ofNullable(logs.logOf(partition));
  }

  synchronized void leadershipChanged(Leadership leadership) {
    if (leadership instanceof Leadership.Ready(int term)) {
      if (current == null || current.term() != term) {
        end();
        begin(term);
      }
    } else {
      end();
    }
  }

  /** There is no replica here any more. */
  synchronized void removed() {
    end();
  }

  private void begin(int term) {
    current = new Tenure(term);
    elected.add(current);
    elections.elect(partition.partition(), term);
  }

  private void end() {
    if (current != null) {
      current = null;
      elections.resign(partition.partition());
    }
  }

  /** Begins a new tenure in the same term, unless the given one is over already. */
  synchronized void restart(Tenure tenure) {
    if (tenure == current) {
      end();
      begin(tenure.term());
    }
  }

  synchronized boolean isCurrent(Tenure tenure) {
    return tenure == current;
  }

  /**
   * Appends a batch that the loaded state machine wrote; its commit is told to the listener.
   *
   * @return the log end behind the batch, as the state machine must have predicted it
   * @throws org.apache.kafka.common.errors.ApiException if it is not appended, or if the state
   *     machine has to be loaded anew
   */
  long append(AppendBatch batch) {
    Tenure tenure = beginAppend();
    PendingAppend pending;
    try {
      pending = log().orElseThrow(this::notLed).append(batch);
    } catch (RuntimeException refused) {
      synchronized (this) {
        inFlight--;
      }
      throw refused instanceof ReplicatedLogException e ? WriteErrors.of(e) : refused;
    }
    long base = pending.expectedBaseOffset();
    long end = base + batch.offsetSpan();
    boolean asPredicted = written(tenure, base, end);
    if (!asPredicted) {
      LOG.warn("Somebody else wrote to {}: base offset {}, loading anew", partition, base);
      restart(tenure);
    }
    // Only now: a commit at another offset than predicted must not reach the listener.
    var _ =
        pending
            .future()
            .whenComplete((appended, failure) -> settle(tenure, base, end, appended, failure));
    if (!asPredicted) {
      throw notLed();
    }
    return end;
  }

  private synchronized Tenure beginAppend() {
    if (current == null || current.listener == null) {
      throw notLed();
    }
    inFlight++;
    return current;
  }

  private synchronized boolean written(Tenure tenure, long base, long end) {
    boolean asPredicted = tenure.writtenEnd == base;
    tenure.writtenEnd = end;
    return asPredicted;
  }

  private synchronized void settle(
      Tenure tenure,
      long base,
      long end,
      @Nullable Appended appended,
      @Nullable Throwable failure) {
    inFlight--;
    if (tenure != current) {
      return;
    }
    if (appended == null || appended.baseOffset() != base) {
      LOG.warn("A batch was not appended to {} at {}, loading anew", partition, base, failure);
      restart(tenure);
      return;
    }
    PartitionWriter.Listener listener = tenure.listener;
    if (listener != null && end > tenure.committedEnd) {
      tenure.committedEnd = end;
      listener.onHighWatermarkUpdated(partition, end);
    }
  }

  /** The tenure that the load which the runtime asks for now belongs to; none if all are over. */
  synchronized Optional<Tenure> beginLoad() {
    Tenure next = elected.poll();
    return Optional.ofNullable(next == null ? current : next);
  }

  /** Whether all that was written here before is committed or gone, so that a load sees it. */
  boolean isSettled(Tenure tenure, ReplicatedLog log) {
    synchronized (this) {
      if (inFlight > 0) {
        return false;
      }
    }
    return log.leadership() instanceof Leadership.Ready(int term)
        && term == tenure.term()
        && log.highWatermark() >= log.logEndOffset();
  }

  /**
   * Ends a load: runs what tells the runtime, unless the tenure is over.
   *
   * @param end where the log ended
   */
  synchronized void completeLoad(Tenure tenure, long end, Runnable tellRuntime) {
    if (tenure == current) {
      tenure.writtenEnd = end;
      tenure.committedEnd = end;
      loaded = tenure;
      tellRuntime.run();
    }
  }

  /** Ends a load that failed: runs what tells the runtime, unless the tenure is over. */
  synchronized void failLoad(Tenure tenure, Runnable tellRuntime) {
    if (tenure == current) {
      tellRuntime.run();
    }
  }

  /** The state machine that was loaded last is at work; its writes and commits begin. */
  synchronized void register(PartitionWriter.Listener listener) {
    if (loaded != null) {
      loaded.listener = listener;
    }
  }

  synchronized void deregister(PartitionWriter.Listener listener) {
    if (loaded != null && listener.equals(loaded.listener)) {
      loaded.listener = null;
    }
  }

  private NotLeaderOrFollowerException notLed() {
    return new NotLeaderOrFollowerException(partition + " has no loaded coordinator here");
  }
}
