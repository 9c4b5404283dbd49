package dev.flotilla.server.testing;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.compress.Compression;
import org.apache.kafka.common.message.ProduceRequestData;
import org.apache.kafka.common.message.ProduceRequestData.PartitionProduceData;
import org.apache.kafka.common.message.ProduceRequestData.TopicProduceData;
import org.apache.kafka.common.record.internal.MemoryRecords;
import org.apache.kafka.common.record.internal.SimpleRecord;

/** Batches as producers send them, and requests that carry one. */
public final class Batches {

  private Batches() {}

  /** A batch of records without a producer id, timestamps 1000 and up. */
  public static MemoryRecords plain(String... values) {
    return MemoryRecords.withRecords(Compression.NONE, records(values));
  }

  /** A batch of an idempotent producer. */
  public static MemoryRecords idempotent(
      long producerId, int epoch, int baseSequence, String... values) {
    return MemoryRecords.withIdempotentRecords(
        Compression.NONE, producerId, (short) epoch, baseSequence, records(values));
  }

  /** Records with a key and a value. */
  public static SimpleRecord[] records(String... values) {
    SimpleRecord[] records = new SimpleRecord[values.length];
    for (int i = 0; i < values.length; i++) {
      byte[] value = values[i].getBytes(StandardCharsets.UTF_8);
      records[i] = new SimpleRecord(1000L + i, new byte[] {(byte) i}, value);
    }
    return records;
  }

  /** One record whose value has a size. */
  public static MemoryRecords sized(int valueBytes) {
    return MemoryRecords.withRecords(
        Compression.NONE, new SimpleRecord(1000L, null, new byte[valueBytes]));
  }

  /** A copy of records with one byte changed. */
  public static MemoryRecords damaged(MemoryRecords records, int at) {
    ByteBuffer copy = ByteBuffer.allocate(records.sizeInBytes());
    copy.put(records.buffer().duplicate()).flip();
    copy.put(at, (byte) (copy.get(at) ^ 0x55));
    return MemoryRecords.readableRecords(copy);
  }

  /** What a produce request holds for partition 0 of one topic. */
  public static ProduceRequestData produce(
      short acks, String topic, Uuid topicId, MemoryRecords records) {
    ProduceRequestData data = new ProduceRequestData().setAcks(acks).setTimeoutMs(10_000);
    data.topicData()
        .add(
            new TopicProduceData()
                .setName(topic)
                .setTopicId(topicId)
                .setPartitionData(
                    new ArrayList<>(
                        List.of(new PartitionProduceData().setIndex(0).setRecords(records)))));
    return data;
  }
}
