package dev.flotilla.benchmarks.subject;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.util.List;
import java.util.SplittableRandom;
import org.apache.kafka.common.record.internal.MemoryRecords;
import org.apache.kafka.common.record.internal.MutableRecordBatch;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class PayloadsTest {

  @ParameterizedTest
  @ValueSource(ints = {100, 1024, 4096, 16384, 65536, 1 << 20})
  void shouldBeRecordBatchesOfTheSizeAskedFor(int bytes) {
    // when
    ByteBuffer payload = Payloads.batch(bytes, new SplittableRandom(1));

    // then
    MutableRecordBatch batch = MemoryRecords.readableRecords(payload).batches().iterator().next();
    assertThat(batch.sizeInBytes()).isEqualTo(bytes);
    assertThat(batch.isValid()).isTrue();
  }

  @Test
  void shouldCountOffsetsThroughTheRing() {
    // given
    Payloads payloads = new Payloads(1024, 2);

    // when
    long previous = -1;
    for (int i = 0; i <= payloads.unchanged() + 3; i++) {
      List<ByteBuffer> write = payloads.next();

      // then
      assertThat(write.get(0).getLong(0)).isEqualTo(previous + 1);
      assertThat(write.get(1).getLong(0)).isEqualTo(previous + 2);
      previous += 2;
    }
  }
}
