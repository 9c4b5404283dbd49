package dev.flotilla.server.partition;

import java.nio.ByteBuffer;
import java.util.Iterator;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import org.apache.kafka.common.InvalidRecordException;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.compress.Compression;
import org.apache.kafka.common.errors.ApiException;
import org.apache.kafka.common.errors.CorruptRecordException;
import org.apache.kafka.common.errors.InvalidTxnStateException;
import org.apache.kafka.common.errors.RecordBatchTooLargeException;
import org.apache.kafka.common.errors.RecordTooLargeException;
import org.apache.kafka.common.errors.UnsupportedCompressionTypeException;
import org.apache.kafka.common.record.internal.MemoryRecords;
import org.apache.kafka.common.record.internal.MutableRecordBatch;
import org.apache.kafka.common.record.internal.RecordBatch;
import org.apache.kafka.common.requests.ProduceRequest;
import org.apache.kafka.common.utils.BufferSupplier;
import org.apache.kafka.common.utils.PrimitiveRef;
import org.apache.kafka.common.utils.Time;
import org.apache.kafka.server.record.BrokerCompressionType;
import org.apache.kafka.storage.internals.log.AppendOrigin;
import org.apache.kafka.storage.internals.log.LogConfig;
import org.apache.kafka.storage.internals.log.LogValidator;
import org.apache.kafka.storage.internals.log.RecordValidationException;

/**
 * Checks what a client wants to write, before it is queued and outside any lock of its partition:
 * size, checksum, record format, timestamps, keys. Where the topic says so, it compresses anew and
 * sets timestamps. Record checks are Kafka's {@link LogValidator}, with offsets counted from 0.
 *
 * <p>Any thread may call. A checksum is verified before anything that depends on the content.
 */
public final class BatchValidator {

  private final Time time;
  private final LogValidator.MetricsRecorder recorder;

  /** Buffers to decompress into; each is used by one thread at a time. */
  private final BlockingQueue<BufferSupplier> buffers;

  /**
   * A validator with a bounded number of decompression buffers kept for reuse.
   *
   * @param time the clock of log append times and timestamp limits
   */
  public BatchValidator(Time time, LogValidator.MetricsRecorder recorder) {
    this.time = time;
    this.recorder = recorder;
    this.buffers = new ArrayBlockingQueue<>(Runtime.getRuntime().availableProcessors());
  }

  /**
   * Validates the records of one partition in a produce request.
   *
   * @param requestVersion version of the produce request
   * @param records as received; batch header fields that its checksum leaves out, and timestamps
   *     where the topic sets them, are changed in place
   * @return the batch to append, in the same memory unless it was compressed anew
   * @throws ApiException that is the protocol's error
   * @throws RecordValidationException if single records are invalid
   */
  public ProducedBatch validate(
      short requestVersion, TopicPartition partition, MemoryRecords records, LogConfig config) {
    MutableRecordBatch batch = onlyBatch(requestVersion, records);
    if (batch.sizeInBytes() > config.maxMessageSize()) {
      throw new RecordTooLargeException(
          "a batch of %d bytes for %s, the limit is %d"
              .formatted(batch.sizeInBytes(), partition, config.maxMessageSize()));
    }
    if (batch.sizeInBytes() > config.segmentSize()) {
      throw new RecordBatchTooLargeException(
          "a batch of %d bytes for %s, a segment has %d"
              .formatted(batch.sizeInBytes(), partition, config.segmentSize()));
    }
    if (!batch.isValid()) {
      recorder.recordInvalidChecksums();
      throw new CorruptRecordException("a batch for " + partition + " has a bad checksum");
    }
    if (batch.baseOffset() != 0) {
      throw new InvalidRecordException(
          "a batch for %s has base offset %d, not 0".formatted(partition, batch.baseOffset()));
    }
    if (batch.isTransactional()) {
      throw new InvalidTxnStateException("no transaction is open on " + partition);
    }
    return checkRecords(batch, partition, records, config);
  }

  private static MutableRecordBatch onlyBatch(short requestVersion, MemoryRecords records) {
    try {
      ProduceRequest.validateRecords(requestVersion, records);
    } catch (IllegalArgumentException e) {
      throw new UnsupportedCompressionTypeException("unknown compression type", e);
    }
    Iterator<MutableRecordBatch> batches = records.batches().iterator();
    return batches.next();
  }

  private ProducedBatch checkRecords(
      MutableRecordBatch batch, TopicPartition partition, MemoryRecords records, LogConfig config) {
    Compression target =
        BrokerCompressionType.targetCompression(config.compression, batch.compressionType());
    LogValidator validator =
        new LogValidator(
            records,
            partition,
            time,
            batch.compressionType(),
            target,
            config.compact,
            RecordBatch.MAGIC_VALUE_V2,
            config.messageTimestampType,
            config.messageTimestampBeforeMaxMs,
            config.messageTimestampAfterMaxMs,
            RecordBatch.NO_PARTITION_LEADER_EPOCH,
            AppendOrigin.CLIENT);
    BufferSupplier supplier = borrow();
    LogValidator.ValidationResult result;
    try {
      result =
          validator.validateMessagesAndAssignOffsets(PrimitiveRef.ofLong(0), recorder, supplier);
    } catch (ApiException e) {
      throw e;
    } catch (KafkaException e) {
      // What a codec or the record format says of bytes that carry a good checksum.
      throw new InvalidRecordException("records for " + partition + " cannot be read", e);
    } finally {
      giveBack(supplier);
    }
    MutableRecordBatch validated = result.validatedRecords().batches().iterator().next();
    if (result.messageSizeMaybeChanged() && validated.sizeInBytes() > config.maxMessageSize()) {
      throw new RecordTooLargeException(
          "a batch for %s has %d bytes after compression, the limit is %d"
              .formatted(partition, validated.sizeInBytes(), config.maxMessageSize()));
    }
    ByteBuffer bytes = result.validatedRecords().buffer();
    return new ProducedBatch(validated, bytes, result.maxTimestampMs());
  }

  private BufferSupplier borrow() {
    BufferSupplier pooled = buffers.poll();
    return pooled != null ? pooled : BufferSupplier.create();
  }

  private void giveBack(BufferSupplier supplier) {
    if (!buffers.offer(supplier)) {
      supplier.close();
    }
  }
}
