package dev.flotilla.server.partition;

import dev.flotilla.proto.partition.DataEntryAttributes;
import dev.flotilla.raft.AppendBatch;
import dev.flotilla.raft.PartitionState.Admission;
import dev.flotilla.raft.PartitionState.Decision;
import java.nio.ByteBuffer;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.apache.kafka.common.errors.ApiException;
import org.jspecify.annotations.Nullable;

/**
 * Decides on the batches of one entry against what its partition's producers wrote before, in
 * applied entries and in this one. Leaves the applied state as it is.
 */
final class EntryAdmission implements Admission {

  private static final Decision ACCEPT = new Decision.Accept();

  private final String partition;
  private final Map<Long, ProducerLog> applied;
  private final long entryBaseOffset;

  /** Copies of those producers that wrote to this entry, as they will be when it is applied. */
  private final Map<Long, ProducerLog> inEntry = new HashMap<>();

  private final DataEntryAttributes.Builder attributes = DataEntryAttributes.newBuilder();

  EntryAdmission(String partition, Map<Long, ProducerLog> applied, long entryBaseOffset) {
    this.partition = partition;
    this.applied = applied;
    this.entryBaseOffset = entryBaseOffset;
  }

  @Override
  public Decision admit(AppendBatch batch, long baseOffset) {
    ProducerStamp stamp =
        batch instanceof ProducedBatch produced ? produced.producer().orElse(null) : null;
    if (stamp != null) {
      ProducerLog producer = producer(stamp.producerId());
      if (producer != null) {
        var duplicate = producer.duplicateOf(stamp);
        if (duplicate.isPresent()) {
          ProducerLog.Batch stored = duplicate.get();
          return new Decision.Duplicate(
              stored.baseOffset(), stored.lastOffset(), stored.maxTimestampMs());
        }
        try {
          producer.checkContinuedBy(stamp, partition);
        } catch (ApiException e) {
          return new Decision.Refuse(e);
        }
      }
      remember(stamp, producer, batch, baseOffset);
    }
    describe(batch, baseOffset, stamp);
    return ACCEPT;
  }

  private @Nullable ProducerLog producer(long producerId) {
    ProducerLog written = inEntry.get(producerId);
    return written != null ? written : applied.get(producerId);
  }

  private void remember(
      ProducerStamp stamp, @Nullable ProducerLog before, AppendBatch batch, long baseOffset) {
    ProducerLog producer = inEntry.get(stamp.producerId());
    if (producer == null) {
      // What a producer without state begins with is not checked: its records may have been
      // deleted.
      producer =
          before != null
              ? before.copy()
              : new ProducerLog(stamp.producerId(), stamp.epoch(), 0, List.of());
      inEntry.put(stamp.producerId(), producer);
    }
    producer.append(
        stamp.epoch(),
        new ProducerLog.Batch(
            stamp.baseSequence(),
            stamp.lastSequence(),
            baseOffset,
            baseOffset + batch.offsetSpan() - 1,
            batch.maxTimestampMs()),
        producer.lastAppendMs());
  }

  private void describe(AppendBatch batch, long baseOffset, @Nullable ProducerStamp stamp) {
    int firstDelta = Math.toIntExact(baseOffset - entryBaseOffset);
    var described =
        attributes
            .addBatchesBuilder()
            .setFirstOffsetDelta(firstDelta)
            .setLastOffsetDelta(firstDelta + batch.offsetSpan() - 1)
            .setMaxTimestampMs(batch.maxTimestampMs());
    if (stamp != null) {
      described
          .getProducerBuilder()
          .setId(stamp.producerId())
          .setEpoch(stamp.epoch())
          .setBaseSequence(stamp.baseSequence())
          .setLastSequence(stamp.lastSequence());
    }
  }

  @Override
  public ByteBuffer attributes() {
    return ByteBuffer.wrap(attributes.build().toByteArray());
  }
}
