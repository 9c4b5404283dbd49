package dev.flotilla.server.api;

import dev.flotilla.raft.ReplicatedLog;
import dev.flotilla.server.partition.LogErrors;
import dev.flotilla.server.partition.Partition;
import dev.flotilla.storage.LogStore.FirstBatch;
import dev.flotilla.storage.Slice;
import java.util.ArrayList;
import java.util.List;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.UnknownTopicIdException;
import org.apache.kafka.common.protocol.Errors;

/**
 * What the partitions of a fetch hold at one time, read in the order of the request. Closing it
 * gives the records back; whoever sends them does so instead.
 *
 * <p>Sizes: whole batches, as many as fit what the request allows for the partition and for the
 * rest of the response. A batch larger than that comes alone and only while all partitions before
 * it are empty, so that a consumer always gets on.
 */
final class FetchPass implements AutoCloseable {

  private final List<FetchOutcome> outcomes = new ArrayList<>();
  private int bytes;
  private boolean conclusive;

  private FetchPass() {}

  /** Reads; may block on a disk. */
  static FetchPass read(PartitionRequests shared, List<FetchTarget> targets, int maxBytes) {
    FetchPass pass = new FetchPass();
    try (var _ = shared.metrics().fetchRead()) {
      for (FetchTarget target : targets) {
        pass.add(pass.outcome(shared, target, maxBytes - pass.bytes));
      }
    } catch (Throwable e) {
      pass.close();
      throw e;
    }
    return pass;
  }

  private void add(FetchOutcome outcome) {
    outcomes.add(outcome);
    bytes += outcome.bytes();
    conclusive |= !(outcome instanceof FetchOutcome.Records);
  }

  private FetchOutcome outcome(PartitionRequests shared, FetchTarget target, int rest) {
    try {
      return read(find(shared, target), target, rest);
    } catch (RuntimeException e) {
      Errors error = LogErrors.of(e);
      return new FetchOutcome.Failed(error);
    }
  }

  private static Partition find(PartitionRequests shared, FetchTarget target) {
    TopicPartition place = target.place();
    if (place == null) {
      throw new UnknownTopicIdException("no topic has the id " + target.topic().topicId());
    }
    return shared.partition(target.topic().topicId(), place);
  }

  private FetchOutcome read(Partition partition, FetchTarget target, int rest) {
    int epoch = partition.checkServes(target.leaderEpoch());
    ReplicatedLog log = partition.log();
    if (target.lastFetchedEpoch().isPresent()) {
      var parting = partition.divergence(target.fetchOffset(), target.lastFetchedEpoch().get());
      if (parting.isPresent()) {
        return new FetchOutcome.Diverging(parting.get(), log.highWatermark(), log.logStartOffset());
      }
    }
    long readTo = log.highWatermark();
    // An offset out of range is an error also when nothing more fits the response.
    FirstBatch firstBatch = bytes == 0 ? FirstBatch.WHOLE : FirstBatch.WITHIN_LIMIT;
    int limit = Math.max(0, Math.min(target.maxBytes(), rest));
    Slice records = log.read(target.fetchOffset(), limit, firstBatch);
    return new FetchOutcome.Records(
        partition, epoch, readTo, log.highWatermark(), log.logStartOffset(), records);
  }

  List<FetchOutcome> outcomes() {
    return outcomes;
  }

  int bytes() {
    return bytes;
  }

  /** Whether waiting for records is over: there are enough, or there is something else to say. */
  boolean concludes(int minBytes) {
    return conclusive || bytes >= minBytes;
  }

  @Override
  public void close() {
    for (FetchOutcome outcome : outcomes) {
      if (outcome instanceof FetchOutcome.Records records) {
        records.records().close();
      }
    }
  }
}
