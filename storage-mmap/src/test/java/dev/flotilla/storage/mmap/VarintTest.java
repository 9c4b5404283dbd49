package dev.flotilla.storage.mmap;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class VarintTest {

  @ParameterizedTest
  @CsvSource({
    "0, 1",
    "63, 1",
    "-64, 1",
    "64, 2",
    "-65, 2",
    "8191, 2",
    "8192, 3",
    "1048575, 3",
    "2147483647, 5",
    "-2147483648, 5",
    "9223372036854775807, 10",
    "-9223372036854775808, 10"
  })
  void shouldReadWhatWasWrittenInAsFewBytes(long value, int bytes) {
    ByteBuffer memory = ByteBuffer.allocate(16).position(3);

    Varint.put(memory, value);

    assertThat(memory.position()).isEqualTo(3 + bytes);
    assertThat(Varint.get(memory, 3)).isEqualTo(value);
    assertThat(Varint.length(memory, 3, bytes)).isEqualTo(bytes);
    assertThat(Varint.length(memory, 3, bytes - 1)).isEqualTo(bytes);
  }

  @Test
  void shouldLookAtNoByteBehindTheMost() {
    ByteBuffer memory = ByteBuffer.allocate(5).putInt(-1).put((byte) -1);

    assertThat(Varint.length(memory, 0, 5)).isEqualTo(6);
  }
}
