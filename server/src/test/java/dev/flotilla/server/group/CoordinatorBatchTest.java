package dev.flotilla.server.group;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import org.apache.kafka.common.compress.Compression;
import org.apache.kafka.common.record.internal.MemoryRecords;
import org.apache.kafka.common.record.internal.MutableRecordBatch;
import org.apache.kafka.common.record.internal.SimpleRecord;
import org.junit.jupiter.api.Test;

final class CoordinatorBatchTest {

  private static MemoryRecords records() {
    return MemoryRecords.withRecords(
        Compression.NONE, new SimpleRecord(5, bytes("a")), new SimpleRecord(9, bytes("b")));
  }

  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  @Test
  void shouldWriteAValidBatchWithOffsetAndEpochWhereItIsTold() {
    var batch = CoordinatorBatch.copyOf(records());
    ByteBuffer target = ByteBuffer.allocate(7 + batch.sizeBytes()).position(7);

    batch.writeTo(target, 100, 3);

    assertThat(target.remaining()).isZero();
    MutableRecordBatch written =
        MemoryRecords.readableRecords(target.flip().position(7).slice())
            .batches()
            .iterator()
            .next();
    written.ensureValid();
    assertThat(written.baseOffset()).isEqualTo(100);
    assertThat(written.nextOffset()).isEqualTo(102);
    assertThat(written.partitionLeaderEpoch()).isEqualTo(3);
    assertThat(batch.offsetSpan()).isEqualTo(2);
    assertThat(batch.maxTimestampMs()).isEqualTo(9);
  }

  @Test
  void shouldKeepItsBytesWhenTheSourceIsUsedAgain() {
    MemoryRecords source = records();
    var batch = CoordinatorBatch.copyOf(source);
    Arrays.fill(source.buffer().array(), (byte) 0);
    ByteBuffer target = ByteBuffer.allocate(batch.sizeBytes());

    batch.writeTo(target, 0, 0);

    MemoryRecords.readableRecords(target.flip()).batches().iterator().next().ensureValid();
  }

  @Test
  void shouldRefuseRecordsThatAreNotOneBatch() {
    ByteBuffer two = ByteBuffer.allocate(2 * records().sizeInBytes());
    two.put(records().buffer()).put(records().buffer()).flip();

    assertThatThrownBy(() -> CoordinatorBatch.copyOf(MemoryRecords.readableRecords(two)))
        .isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> CoordinatorBatch.copyOf(MemoryRecords.EMPTY))
        .isInstanceOf(IllegalArgumentException.class);
  }
}
