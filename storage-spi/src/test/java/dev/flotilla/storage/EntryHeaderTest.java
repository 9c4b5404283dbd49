package dev.flotilla.storage;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.List;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.constraints.IntRange;

final class EntryHeaderTest {

  @Property(tries = 300)
  void shouldReadWhatItWrites(@ForAll("headers") EntryHeader header) {
    ByteBuffer bytes = encode(header);

    EntryHeader read = EntryHeader.readFrom(bytes);
    assertThat(bytes.remaining()).as("the source ends behind the header").isEqualTo(3);
    assertThat(read).isEqualTo(header);
    assertThat(read.endOffset()).isEqualTo(header.baseOffset() + header.offsetSpan());
  }

  @Property(tries = 300)
  void shouldShareNoMemoryWithItsSource(@ForAll("headers") EntryHeader header) {
    ByteBuffer bytes = encode(header);
    EntryHeader read = EntryHeader.readFrom(bytes);
    for (int i = 0; i < bytes.capacity(); i++) {
      bytes.put(i, (byte) 1);
    }

    assertThat(read).isEqualTo(header);
  }

  @Property(tries = 300)
  void shouldRefuseAHeaderThatIsCutShort(
      @ForAll("headers") EntryHeader header, @ForAll @IntRange(max = 1000) int cut) {
    ByteBuffer bytes = encode(header);
    bytes.limit(Math.min(cut, header.encodedBytes() - 1));

    assertThatIllegalArgumentException().isThrownBy(() -> EntryHeader.readFrom(bytes));
  }

  @Property(tries = 300)
  void shouldRefuseWhatIsNoHeaderOrReadOne(@ForAll byte[] garbage) {
    ByteBuffer bytes = ByteBuffer.allocate(200);
    bytes.put(0, Arrays.copyOf(garbage, Math.min(garbage.length, 200)));
    try {
      EntryHeader header = EntryHeader.readFrom(bytes);
      assertThat(header.encodedBytes()).isEqualTo(bytes.position());
    } catch (IllegalArgumentException e) {
      assertThat(e).hasMessageNotContaining("null");
    }
  }

  @Property(tries = 300)
  void shouldRefuseCountsThatDoNotFit(
      @ForAll("headers") EntryHeader header, @ForAll boolean ofBatches, @ForAll boolean negative) {
    ByteBuffer bytes = encode(header);
    bytes.putInt(ofBatches ? 62 : 66, negative ? -1 : Integer.MAX_VALUE);

    assertThatIllegalArgumentException().isThrownBy(() -> EntryHeader.readFrom(bytes));
  }

  @Property(tries = 50)
  void shouldRefuseAnotherVersionOrKind(
      @ForAll("headers") EntryHeader header, @ForAll @IntRange(min = 4, max = 127) int other) {
    ByteBuffer version = encode(header).put(0, (byte) other);
    ByteBuffer kind = encode(header).put(1, (byte) other);

    assertThatIllegalArgumentException().isThrownBy(() -> EntryHeader.readFrom(version));
    assertThatIllegalArgumentException().isThrownBy(() -> EntryHeader.readFrom(kind));
  }

  private static ByteBuffer encode(EntryHeader header) {
    ByteBuffer bytes = ByteBuffer.allocate(header.encodedBytes() + 3);
    header.writeTo(bytes);
    assertThat(bytes.position()).isEqualTo(header.encodedBytes());
    return bytes.rewind();
  }

  @Provide
  Arbitrary<EntryHeader> headers() {
    Arbitrary<Long> counts = Arbitraries.longs().between(0, Long.MAX_VALUE / 2);
    Arbitrary<List<BatchExtent>> batches =
        Combinators.combine(
                Arbitraries.integers().between(1, Integer.MAX_VALUE),
                Arbitraries.integers().between(0, Integer.MAX_VALUE))
            .as(BatchExtent::new)
            .list()
            .ofMaxSize(20);
    Arbitrary<ByteBuffer> attributes =
        Arbitraries.bytes().array(byte[].class).ofMaxSize(100).map(ByteBuffer::wrap);
    return Combinators.combine(
            Arbitraries.of(EntryKind.values()),
            counts.list().ofSize(3),
            Arbitraries.longs().list().ofSize(4),
            Arbitraries.integers().between(1, Integer.MAX_VALUE),
            batches,
            attributes)
        .as((kind, places, values, span, extents, opaque) ->
            new EntryHeader(
                places.get(0),
                places.get(1),
                kind,
                places.get(2),
                span,
                values.get(0),
                values.get(1),
                values.get(2),
                values.get(3),
                kind == EntryKind.DATA ? extents : List.of(),
                opaque));
  }
}
