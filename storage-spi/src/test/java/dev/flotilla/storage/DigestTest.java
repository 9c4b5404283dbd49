package dev.flotilla.storage;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.LongRange;
import net.jqwik.api.constraints.Size;

final class DigestTest {

  @Property(tries = 200)
  void shouldDependOnTheBytesBetweenPositionAndLimitOnly(
      @ForAll long previous, @ForAll @Size(max = 100) byte[] payload) {
    ByteBuffer plain = ByteBuffer.wrap(payload);
    ByteBuffer within =
        ByteBuffer.allocateDirect(payload.length + 20)
            .put(new byte[] {1, 2, 3})
            .put(payload)
            .position(3)
            .limit(3 + payload.length);

    assertThat(Digest.next(previous, 5, 6, 7, within))
        .isEqualTo(Digest.next(previous, 5, 6, 7, plain));
    assertThat(within.position()).isEqualTo(3);
  }

  @Property(tries = 200)
  void shouldDependOnEverything(
      @ForAll long previous,
      @ForAll @LongRange(min = 0) long index,
      @ForAll @LongRange(min = 0) long baseOffset,
      @ForAll @IntRange(min = 1) int span,
      @ForAll @Size(min = 1, max = 100) byte[] payload) {
    long digest = Digest.next(previous, index, baseOffset, span, ByteBuffer.wrap(payload));
    byte[] changed = payload.clone();
    changed[changed.length / 2] ^= 1;
    ByteBuffer shorter = ByteBuffer.wrap(payload, 0, payload.length - 1);

    assertThat(digest)
        .isNotEqualTo(Digest.next(previous + 1, index, baseOffset, span, ByteBuffer.wrap(payload)))
        .isNotEqualTo(Digest.next(previous, index ^ 1, baseOffset, span, ByteBuffer.wrap(payload)))
        .isNotEqualTo(Digest.next(previous, index, baseOffset ^ 1, span, ByteBuffer.wrap(payload)))
        .isNotEqualTo(Digest.next(previous, index, baseOffset, span ^ 2, ByteBuffer.wrap(payload)))
        .isNotEqualTo(Digest.next(previous, index, baseOffset, span, ByteBuffer.wrap(changed)))
        .isNotEqualTo(Digest.next(previous, index, baseOffset, span, shorter));
  }

  /**
   * Stored digests outlive releases: the function never changes. The values come from another
   * implementation of its definition.
   */
  @Property(tries = 1)
  void shouldBeTheSameForEver() {
    ByteBuffer payload = ByteBuffer.wrap(new byte[] {1, 2, 3, 4, 5});

    assertThat(Digest.next(0, 0, 0, 1, payload)).isEqualTo(5437092292699884209L);
    assertThat(Digest.next(Long.MIN_VALUE, 42, 1 << 20, 1000, payload))
        .isEqualTo(-764434102127871281L);
  }
}
