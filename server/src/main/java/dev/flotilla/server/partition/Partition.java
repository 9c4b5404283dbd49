package dev.flotilla.server.partition;

import dev.flotilla.raft.AppendBatch;
import dev.flotilla.raft.Leadership;
import dev.flotilla.raft.PendingAppend;
import dev.flotilla.raft.ReplicatedLog;
import dev.flotilla.raft.ReplicatedLogException;
import java.util.Optional;
import java.util.function.IntSupplier;
import org.apache.kafka.common.TopicIdPartition;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.ApiException;
import org.apache.kafka.common.errors.FencedLeaderEpochException;
import org.apache.kafka.common.errors.KafkaStorageException;
import org.apache.kafka.common.errors.NotLeaderOrFollowerException;
import org.apache.kafka.common.errors.OffsetOutOfRangeException;
import org.apache.kafka.common.errors.UnknownLeaderEpochException;

/**
 * A partition as Kafka's clients see it, on this node's replica of its log. Leader epochs are the
 * terms of the replica's Raft group; the last stable offset is the high watermark as long as there
 * are no transactions. Any thread may call.
 */
public final class Partition {

  private final TopicIdPartition id;
  private final ReplicatedLog log;
  private final IntSupplier reportedEpoch;

  /**
   * A partition on a log.
   *
   * @param reportedEpoch the newest leader epoch of the partition that the metadata knows, -1 if it
   *     knows none
   */
  public Partition(TopicIdPartition id, ReplicatedLog log, IntSupplier reportedEpoch) {
    this.id = id;
    this.log = log;
    this.reportedEpoch = reportedEpoch;
  }

  public TopicIdPartition id() {
    return id;
  }

  public TopicPartition topicPartition() {
    return id.topicPartition();
  }

  /** The replica's log, unguarded: whether it may be served is {@link #checkServes}. */
  public ReplicatedLog log() {
    return log;
  }

  /**
   * Whether clients may read here as in a leader epoch: this node leads in it, or led in it when
   * its disk failed and knows of no newer one.
   */
  public boolean serves(int epoch) {
    return switch (log.leadership()) {
      case Leadership.Ready ready -> ready.term() == epoch;
      case Leadership.ReadOnly readOnly -> readOnly.term() == epoch && isNewest(epoch);
      default -> false;
    };
  }

  private boolean isNewest(int epoch) {
    return reportedEpoch.getAsInt() <= epoch;
  }

  /**
   * Checks that clients may read here, and that they know the same leader epoch, if they name one.
   *
   * @return the leader epoch
   * @throws FencedLeaderEpochException if the client's epoch is old
   * @throws UnknownLeaderEpochException if this node's epoch is old
   * @throws NotLeaderOrFollowerException if this node does not lead, see {@link #serves}
   * @throws ReplicatedLogException.NotReady if it leads and is not ready: it may not know yet what
   *     its predecessor acknowledged
   */
  public int checkServes(Optional<Integer> clientEpoch) {
    Leadership leadership = log.leadership();
    checkEpoch(clientEpoch, leadership.term());
    return switch (leadership) {
      case Leadership.Ready ready -> ready.term();
      case Leadership.ReadOnly readOnly when isNewest(readOnly.term()) -> readOnly.term();
      case Leadership.ReadOnly overtaken ->
          throw new NotLeaderOrFollowerException(id + " is led elsewhere by now");
      case Leadership.NotReady notReady -> throw new ReplicatedLogException.NotReady(id.toString());
      case Leadership.Following following ->
          throw new NotLeaderOrFollowerException(id + " is not led here");
      case Leadership.Failed failed -> throw new KafkaStorageException(failed.reason());
    };
  }

  private void checkEpoch(Optional<Integer> clientEpoch, int term) {
    if (clientEpoch.isEmpty()) {
      return;
    }
    int epoch = clientEpoch.get();
    if (epoch < term) {
      throw new FencedLeaderEpochException(
          "leader epoch %d of %s is over, it is %d".formatted(epoch, id, term));
    }
    if (epoch > term) {
      throw new UnknownLeaderEpochException(
          "leader epoch %d of %s is not known here, it is %d".formatted(epoch, id, term));
    }
  }

  /**
   * Queues a batch, see {@link ReplicatedLog#append}.
   *
   * @throws dev.flotilla.raft.ReplicatedLogException as that
   */
  public PendingAppend append(AppendBatch batch) {
    return log.append(batch);
  }

  /**
   * Where a leader epoch ends, so that a client can tell whether it holds records that were lost.
   *
   * @return as {@link EpochEnd}
   */
  public EpochEnd endOfEpoch(int epoch) {
    int term = log.leadership().term();
    if (epoch < 0 || epoch > term) {
      return EpochEnd.UNDEFINED;
    }
    return log.endOfTerm(epoch)
        .map(end -> new EpochEnd(end.term(), end.endOffset()))
        // Older than all that is kept: whatever was read in it ended at or before the log start.
        .orElseGet(() -> new EpochEnd(epoch, log.logStartOffset()));
  }

  /**
   * The largest epoch at or below the one asked for, and the offset where it ends.
   *
   * @param epoch that epoch, -1 if the one asked for is newer than any known
   * @param endOffset exclusive, -1 likewise
   */
  public record EpochEnd(int epoch, long endOffset) {
    public static final EpochEnd UNDEFINED = new EpochEnd(-1, -1);
  }

  /**
   * Compares what a consumer read last with this log.
   *
   * @return where the logs part, if the consumer holds records that this log does not
   * @throws OffsetOutOfRangeException if the epoch is not known here, or the offset is below the
   *     log start
   */
  public Optional<EpochEnd> divergence(long fetchOffset, int lastFetchedEpoch) {
    EpochEnd end = endOfEpoch(lastFetchedEpoch);
    if (end.equals(EpochEnd.UNDEFINED)) {
      throw new OffsetOutOfRangeException(
          "last fetched epoch %d of %s is not known here".formatted(lastFetchedEpoch, id));
    }
    if (fetchOffset < log.logStartOffset()) {
      throw new OffsetOutOfRangeException(
          "offset %d of %s is below the log start %d"
              .formatted(fetchOffset, id, log.logStartOffset()));
    }
    return end.epoch() < lastFetchedEpoch || end.endOffset() < fetchOffset
        ? Optional.of(end)
        : Optional.empty();
  }

  /** The error of a partition that this node does not serve, as an exception. */
  static ApiException notHere(TopicPartition partition) {
    return new NotLeaderOrFollowerException("no replica of " + partition + " runs here");
  }

  @Override
  public String toString() {
    return id.toString();
  }
}
