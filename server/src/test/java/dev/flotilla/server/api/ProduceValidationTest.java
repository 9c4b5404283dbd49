package dev.flotilla.server.api;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.flotilla.server.testing.Batches;
import dev.flotilla.server.testing.PartitionFixture;
import dev.flotilla.server.testing.TestClient;
import dev.flotilla.server.testing.TestClient.FetchSpec;
import java.nio.ByteBuffer;
import java.util.Map;
import org.apache.kafka.common.compress.Compression;
import org.apache.kafka.common.message.ProduceResponseData.PartitionProduceResponse;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.record.TimestampType;
import org.apache.kafka.common.record.internal.CompressionType;
import org.apache.kafka.common.record.internal.ControlRecordType;
import org.apache.kafka.common.record.internal.EndTransactionMarker;
import org.apache.kafka.common.record.internal.MemoryRecords;
import org.apache.kafka.common.record.internal.RecordBatch;
import org.apache.kafka.common.record.internal.SimpleRecord;
import org.apache.kafka.common.requests.FetchResponse;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What is refused before it is queued, with which of the protocol's errors. */
@Timeout(60)
final class ProduceValidationTest {

  private static final int CRC_AT = 17;
  private static final int LENGTH_AT = 8;

  private final PartitionFixture node = new PartitionFixture();
  private final TestClient client = new TestClient(node);

  @AfterEach
  void close() {
    node.close();
  }

  private PartitionProduceResponse refused(String topic, MemoryRecords records, Errors expected)
      throws Exception {
    return refused(12, topic, records, expected);
  }

  private PartitionProduceResponse refused(
      int version, String topic, MemoryRecords records, Errors expected) throws Exception {
    PartitionProduceResponse response = client.produce(version, topic, records);
    assertThat(Errors.forCode(response.errorCode())).isEqualTo(expected);
    assertThat(response.baseOffset()).isEqualTo(-1);
    var end = client.fetch(new FetchSpec().from(topic, 0, 1000)).getFirst().highWatermark();
    assertThat(end).as("nothing was appended").isZero();
    return response;
  }

  @Test
  void shouldRefuseABadChecksum() throws Exception {
    node.createLed("t", Map.of());
    refused("t", Batches.damaged(Batches.plain("abc"), CRC_AT), Errors.CORRUPT_MESSAGE);
    MemoryRecords batch = Batches.plain("abc");
    refused("t", Batches.damaged(batch, batch.sizeInBytes() - 1), Errors.CORRUPT_MESSAGE);
    assertThat(node.registry.counter("produce.invalid.checksum").getCount()).isEqualTo(2);
  }

  @Test
  void shouldRefuseABadLengthAndHalfABatch() throws Exception {
    node.createLed("t", Map.of());
    ByteBuffer tooShort = Batches.plain("abc").buffer().duplicate();
    tooShort.putInt(LENGTH_AT, 5);
    refused("t", MemoryRecords.readableRecords(tooShort), Errors.CORRUPT_MESSAGE);
    ByteBuffer half = Batches.plain("abc").buffer().duplicate();
    half.limit(half.limit() - 1);
    refused("t", MemoryRecords.readableRecords(half.slice()), Errors.INVALID_RECORD);
    refused("t", MemoryRecords.EMPTY, Errors.INVALID_RECORD);
  }

  @Test
  void shouldRefuseOldMessageFormats() throws Exception {
    node.createLed("t", Map.of());
    var old =
        MemoryRecords.withRecords(
            RecordBatch.MAGIC_VALUE_V1, Compression.NONE, new SimpleRecord("v".getBytes(UTF_8)));
    refused("t", old, Errors.INVALID_RECORD);
  }

  @Test
  void shouldRefuseTwoBatchesForOnePartition() throws Exception {
    node.createLed("t", Map.of());
    MemoryRecords batch = Batches.plain("abc");
    ByteBuffer two = ByteBuffer.allocate(2 * batch.sizeInBytes());
    two.put(batch.buffer().duplicate()).put(batch.buffer().duplicate()).flip();
    refused("t", MemoryRecords.readableRecords(two), Errors.INVALID_RECORD);
  }

  @Test
  void shouldRefuseABatchAboveTheTopicsLimit() throws Exception {
    node.createLed("t", Map.of("max.message.bytes", "500"));
    refused("t", Batches.sized(500), Errors.MESSAGE_TOO_LARGE);
    assertThat(client.produce("t", Batches.sized(300)).errorCode()).isZero();
  }

  @Test
  void shouldRefuseABatchAboveTheSegmentSize() throws Exception {
    node.createLed("t", Map.of("max.message.bytes", "9000000", "segment.bytes", "1048576"));
    refused("t", Batches.sized(1 << 20), Errors.RECORD_LIST_TOO_LARGE);
  }

  @Test
  void shouldRefuseABatchThatFitsNoEntry() throws Exception {
    node.createLed("t", Map.of("max.message.bytes", "9000000"));
    refused("t", Batches.sized(2 << 20), Errors.MESSAGE_TOO_LARGE);
  }

  @Test
  void shouldRefuseTimestampsOutOfRange() throws Exception {
    node.createLed("t", Map.of("message.timestamp.before.max.ms", "1000"));
    var response = refused("t", Batches.plain("old"), Errors.INVALID_TIMESTAMP);
    assertThat(response.recordErrors()).hasSize(1);
    assertThat(response.recordErrors().getFirst().batchIndex()).isZero();
  }

  @Test
  void shouldRefuseKeylessRecordsOfCompactedTopics() throws Exception {
    node.createLed("t", Map.of("cleanup.policy", "compact"));
    var records =
        MemoryRecords.withRecords(
            Compression.NONE,
            new SimpleRecord("k".getBytes(UTF_8), "v".getBytes(UTF_8)),
            new SimpleRecord(null, "v".getBytes(UTF_8)));
    var response = refused("t", records, Errors.INVALID_RECORD);
    assertThat(response.recordErrors()).hasSize(1);
    assertThat(response.recordErrors().getFirst().batchIndex()).isOne();
    assertThat(response.errorMessage()).isNotNull();
    assertThat(refused(7, "t", records, Errors.INVALID_RECORD).recordErrors()).isEmpty();
  }

  @Test
  void shouldRefuseTransactionsAndControlRecords() throws Exception {
    node.createLed("t", Map.of());
    var transactional =
        MemoryRecords.withTransactionalRecords(
            Compression.NONE, 9, (short) 0, 0, new SimpleRecord("v".getBytes(UTF_8)));
    refused("t", transactional, Errors.INVALID_TXN_STATE);
    var marker =
        MemoryRecords.withEndTransactionMarker(
            0, 0, 0, 9, (short) 0, new EndTransactionMarker(ControlRecordType.ABORT, 0));
    refused("t", marker, Errors.INVALID_TXN_STATE);
  }

  @Test
  void shouldRefuseZstdOfOldVersions() throws Exception {
    node.createLed("t", Map.of());
    var zstd = MemoryRecords.withRecords(Compression.zstd().build(), Batches.records("v"));
    refused(6, "t", zstd, Errors.UNSUPPORTED_COMPRESSION_TYPE);
    assertThat(client.produce(7, "t", zstd).errorCode()).isZero();
  }

  @Test
  void shouldCompressAsTheTopicSays() throws Exception {
    node.createLed("t", Map.of("compression.type", "gzip"));
    client.produce("t", Batches.idempotent(9, 0, 0, "a", "b"));
    var fetched = client.fetch(new FetchSpec().from("t", 0, 1000)).getFirst();
    assertThat(TestClient.values(fetched)).containsExactly("0:a", "1:b");
    RecordBatch batch = FetchResponse.recordsOrFail(fetched).batches().iterator().next();
    assertThat(batch.compressionType()).isEqualTo(CompressionType.GZIP);
    assertThat(batch.producerId()).isEqualTo(9);
    assertThat(batch.isValid()).isTrue();
  }

  @Test
  void shouldSetTheTimeOfTopicsWithLogAppendTime() throws Exception {
    node.createLed("t", Map.of("message.timestamp.type", "LogAppendTime"));
    long before = System.currentTimeMillis();
    var first = client.produce("t", Batches.idempotent(9, 0, 0, "a"));
    var again = client.produce("t", Batches.idempotent(9, 0, 0, "a"));

    assertThat(first.logAppendTimeMs()).isBetween(before, System.currentTimeMillis());
    assertThat(again.logAppendTimeMs()).isEqualTo(first.logAppendTimeMs());
    var fetched = client.fetch(new FetchSpec().from("t", 0, 1000)).getFirst();
    RecordBatch batch = FetchResponse.recordsOrFail(fetched).batches().iterator().next();
    assertThat(batch.timestampType()).isEqualTo(TimestampType.LOG_APPEND_TIME);
    assertThat(batch.maxTimestamp()).isEqualTo(first.logAppendTimeMs());
    node.createLed("u", Map.of());
    assertThat(client.produce("u", Batches.plain("a")).logAppendTimeMs()).isEqualTo(-1);
  }
}
