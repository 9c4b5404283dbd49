package dev.flotilla.storage.mmap;

import static org.assertj.core.api.Assertions.assertThat;

import dev.flotilla.storage.BatchExtent;
import dev.flotilla.storage.EntryHeader;
import dev.flotilla.storage.EntryKind;
import dev.flotilla.storage.LogId;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.Objects;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** Heads of frames, written and read. */
final class FrameFormatTest {

  private static final long NOW_MS = 1_790_000_000_000L;

  private final FrameFormat format =
      new FrameFormat(LogId.random(), new SegmentStart(7, 1000, 3, 5000, NOW_MS - 20));
  private final ChainPoint before = format.origin();
  private final ByteBuffer payload = ByteBuffer.allocate(1024).put(17, (byte) 1);
  private final ByteBuffer target = ByteBuffer.allocate(8192);

  @Test
  void shouldTakeLessThanFiveHundredthsOfAnEntryOfOneKilobyte() {
    EntryHeader header = header(4, NOW_MS, List.of(new BatchExtent(1024, 0)), 0);

    ChainPoint behind = write(header);

    assertThat(behind.position() - 1024).isLessThanOrEqualTo(48);
  }

  @Test
  void shouldReadTheHeaderThatWasWritten() {
    List<BatchExtent> batches =
        List.of(new BatchExtent(500, 4), new BatchExtent(400, 70), new BatchExtent(124, 99));
    EntryHeader header = header(5, NOW_MS, batches, 40);

    ChainPoint behind = write(header);
    Frame frame = Objects.requireNonNull(read());

    assertThat(reader().header(frame)).isEqualTo(header);
    assertThat(frame.payloadBytes()).isEqualTo(1024);
    assertThat(frame.durableMark()).isEqualTo(990);
    assertThat(before.isContinuedBy(frame)).isTrue();
    assertThat(ChainPoint.after(frame)).isEqualTo(behind);
  }

  @Test
  void shouldReadTheExtremesOfAllNumbers() {
    for (long timeMs : new long[] {Long.MIN_VALUE, EntryHeader.NO_TIMESTAMP, Long.MAX_VALUE}) {
      EntryHeader header =
          new EntryHeader(
              Long.MAX_VALUE - 1,
              Long.MAX_VALUE,
              EntryKind.DATA,
              Long.MAX_VALUE - Integer.MAX_VALUE,
              Integer.MAX_VALUE,
              timeMs,
              -timeMs,
              timeMs,
              -1,
              List.of(new BatchExtent(Integer.MAX_VALUE, Integer.MAX_VALUE)),
              ByteBuffer.allocate(0));
      target.clear();

      write(header);

      assertThat(target.position()).isLessThanOrEqualTo(FrameWriter.mostHeadBytes(header));
      assertThat(reader().header(Objects.requireNonNull(read()))).isEqualTo(header);
    }
  }

  @Test
  void shouldReadAMarkInTheRoomThatIsLeftForIt() {
    new FrameWriter(format).writeMark(target, before, 999);

    Frame frame = Objects.requireNonNull(read());

    assertThat(target.position()).isLessThanOrEqualTo(FrameFormat.MOST_FIXED_BYTES);
    assertThat(frame.isMark()).isTrue();
    assertThat(frame.durableMark()).isEqualTo(999);
    assertThat(before.isContinuedBy(frame)).isTrue();
  }

  @Test
  void shouldFindEachFlippedBitOfAHead() {
    EntryHeader header = header(4, NOW_MS, List.of(new BatchExtent(1024, 0)), 10);
    write(header);
    int headBytes = target.position();

    for (int bit = 0; bit < 8 * headBytes; bit++) {
      flip(bit);
      assertThat(read()).as("bit %d", bit).isNull();
      flip(bit);
    }
    assertThat(read()).isNotNull();
  }

  @Test
  void shouldFindEachFlippedBitOfAPayload() {
    write(header(4, NOW_MS, List.of(new BatchExtent(1024, 0)), 0));
    int from = target.position();
    target.put(payload.duplicate().clear());
    Frame frame = Objects.requireNonNull(read());

    assertThat(reader().payload(frame)).isEqualTo(payload.duplicate().clear());
    for (int bit : IntStream.range(0, 8 * 1024).filter(i -> i % 37 == 0).toArray()) {
      flip(8 * from + bit);
      assertThat(reader().payload(frame)).as("bit %d", bit).isNull();
      flip(8 * from + bit);
    }
  }

  @Test
  void shouldReadNoFrameOfAnotherSegment() {
    write(header(4, NOW_MS, List.of(new BatchExtent(1024, 0)), 0));
    FrameFormat other =
        new FrameFormat(LogId.random(), new SegmentStart(7, 1000, 3, 5000, NOW_MS - 20));

    FrameReader reader = new FrameReader(other);
    reader.use(target.duplicate().clear(), 0);

    assertThat(reader.read(0, target.position(), other.origin())).isNull();
  }

  private static EntryHeader header(
      long term, long timeMs, List<BatchExtent> batches, int attributeBytes) {
    return new EntryHeader(
        1000,
        term,
        EntryKind.DATA,
        5003,
        100,
        timeMs,
        timeMs - 15,
        timeMs - 15,
        0x0123456789ABCDEFL,
        batches,
        ByteBuffer.allocate(attributeBytes).put(0, new byte[Math.min(attributeBytes, 1)]));
  }

  private ChainPoint write(EntryHeader header) {
    return new FrameWriter(format).writeHead(target, before, header, 1, payload, 990);
  }

  private @Nullable Frame read() {
    FrameReader reader = reader();
    int headBytes = reader.headBytes(0, target.capacity());
    return headBytes == 0 ? null : reader.read(0, headBytes, before);
  }

  private FrameReader reader() {
    FrameReader reader = new FrameReader(format);
    reader.use(target.duplicate().clear(), 0);
    return reader;
  }

  private void flip(int bit) {
    target.put(bit / 8, (byte) (target.get(bit / 8) ^ 1 << bit % 8));
  }
}
