package dev.flotilla.server.partition;

import com.google.protobuf.InvalidProtocolBufferException;
import dev.flotilla.proto.partition.DataEntryAttributes;
import dev.flotilla.proto.partition.ProducerSnapshot;
import dev.flotilla.raft.PartitionState;
import dev.flotilla.storage.EntryHeader;
import dev.flotilla.storage.EntryKind;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;

/**
 * What the idempotent producers of a partition wrote last: it follows from the headers of the
 * applied entries, and decides which batches the leader appends.
 *
 * <p>Rules and errors are those of Kafka's {@code ProducerStateManager}. That class is not used
 * here: it expires producers by the clock of the process and the timestamps of clients, so that
 * replicas would disagree, its snapshots keep one batch of each producer, not five, and it reads
 * batches where only headers are at hand. It is the oracle of the tests.
 *
 * <p>A producer that appended nothing for longer than the expiration is forgotten. Time here is the
 * largest append time in the log, so that all replicas forget at the same entry.
 */
public final class ProducerState implements PartitionState {

  private final String partition;
  private final long expirationMs;

  /** By rising time of the last append: the first is the first to expire. */
  private LinkedHashMap<Long, ProducerLog> producers = new LinkedHashMap<>();

  /** The largest append time of the log. */
  private long clockMs;

  /**
   * The state of an empty log.
   *
   * @param partition its name in messages
   * @param expiration {@code producer.id.expiration.ms}; replicas with different values differ in
   *     what they forget, not in what they append
   */
  public ProducerState(String partition, Duration expiration) {
    this.partition = partition;
    this.expirationMs = expiration.toMillis();
  }

  @Override
  public Admission newEntry(long baseOffset, int term, long appendTimeMs) {
    return new EntryAdmission(partition, producers, baseOffset);
  }

  @Override
  public void apply(EntryHeader header) {
    if (header.kind() != EntryKind.DATA) {
      return;
    }
    clockMs = Math.max(clockMs, header.appendTimeMs());
    for (var batch : attributes(header).getBatchesList()) {
      if (batch.hasProducer() && !batch.getControl()) {
        apply(header.baseOffset(), batch, batch.getProducer());
      }
    }
    expire();
  }

  private void apply(
      long baseOffset, DataEntryAttributes.Batch batch, DataEntryAttributes.Producer stamp) {
    short epoch = (short) stamp.getEpoch();
    ProducerLog producer = producers.remove(stamp.getId());
    if (producer == null) {
      producer = new ProducerLog(stamp.getId(), epoch, clockMs, List.of());
    }
    producer.append(
        epoch,
        new ProducerLog.Batch(
            stamp.getBaseSequence(),
            stamp.getLastSequence(),
            baseOffset + batch.getFirstOffsetDelta(),
            baseOffset + batch.getLastOffsetDelta(),
            batch.getMaxTimestampMs()),
        clockMs);
    producers.put(stamp.getId(), producer);
  }

  private void expire() {
    Iterator<ProducerLog> oldestFirst = producers.values().iterator();
    while (oldestFirst.hasNext() && oldestFirst.next().lastAppendMs() < clockMs - expirationMs) {
      oldestFirst.remove();
    }
  }

  /** How many producers are remembered. */
  int producers() {
    return producers.size();
  }

  @Override
  public ByteBuffer snapshot() {
    var snapshot = ProducerSnapshot.newBuilder().setClockMs(clockMs);
    for (ProducerLog producer : producers.values()) {
      var stored =
          snapshot
              .addProducersBuilder()
              .setId(producer.producerId())
              .setEpoch(producer.epoch())
              .setLastAppendMs(producer.lastAppendMs());
      for (ProducerLog.Batch batch : producer.batches()) {
        stored
            .addBatchesBuilder()
            .setBaseSequence(batch.baseSequence())
            .setLastSequence(batch.lastSequence())
            .setBaseOffset(batch.baseOffset())
            .setLastOffset(batch.lastOffset())
            .setMaxTimestampMs(batch.maxTimestampMs());
      }
    }
    return ByteBuffer.wrap(snapshot.build().toByteArray());
  }

  @Override
  public void restore(ByteBuffer bytes) {
    ProducerSnapshot snapshot;
    try {
      snapshot = ProducerSnapshot.parseFrom(bytes.duplicate());
    } catch (InvalidProtocolBufferException e) {
      throw new IllegalArgumentException("no producer snapshot of " + partition, e);
    }
    LinkedHashMap<Long, ProducerLog> restored = new LinkedHashMap<>();
    for (var stored : snapshot.getProducersList()) {
      List<ProducerLog.Batch> batches =
          stored.getBatchesList().stream()
              .map(batch ->
                  new ProducerLog.Batch(
                      batch.getBaseSequence(),
                      batch.getLastSequence(),
                      batch.getBaseOffset(),
                      batch.getLastOffset(),
                      batch.getMaxTimestampMs()))
              .toList();
      restored.put(
          stored.getId(),
          new ProducerLog(
              stored.getId(), (short) stored.getEpoch(), stored.getLastAppendMs(), batches));
    }
    producers = restored;
    clockMs = snapshot.getClockMs();
  }

  /** The attributes of a data entry; the entry's checksum was verified before. */
  private DataEntryAttributes attributes(EntryHeader header) {
    try {
      return DataEntryAttributes.parseFrom(header.attributes());
    } catch (InvalidProtocolBufferException e) {
      throw new IllegalStateException(
          "entry " + header.index() + " of " + partition + " has other attributes than ours", e);
    }
  }
}
