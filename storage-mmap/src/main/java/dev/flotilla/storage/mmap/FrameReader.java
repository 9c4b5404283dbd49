package dev.flotilla.storage.mmap;

import dev.flotilla.storage.BatchExtent;
import dev.flotilla.storage.EntryHeader;
import dev.flotilla.storage.EntryKind;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.zip.CRC32C;
import org.jspecify.annotations.Nullable;

/**
 * Reads the frames of one segment from memory that shows a part of its file, see {@link
 * FrameFormat}. All positions are those of the file; the caller sees to it that the memory shows
 * what is asked for. Used by one thread.
 */
final class FrameReader {

  private final FrameFormat format;
  private final CRC32C crc = new CRC32C();

  /** This reader's own view of the memory. */
  private ByteBuffer source = ByteBuffer.allocate(0);

  /** Where it begins in the file. */
  private int sourcePosition;

  /** Of the next number, in the view. */
  private int at;

  FrameReader(FrameFormat format) {
    this.format = format;
  }

  /**
   * Reads from other memory from now on.
   *
   * @param memory shows the file from its byte 0 to its limit
   * @param position where that begins in the file
   */
  void use(ByteBuffer memory, int position) {
    source = memory.duplicate();
    sourcePosition = position;
  }

  /**
   * How many bytes the head has that begins at a position, 0 if none begins there. The memory shows
   * {@link FrameFormat#LEAST_BYTES} from there on.
   *
   * @param limit where the file ends
   */
  int headBytes(int position, int limit) {
    int begin = position - sourcePosition;
    byte kind = source.get(begin + FrameFormat.KIND);
    if (source.get(begin + FrameFormat.VERSION_AT) != FrameFormat.VERSION
        || kind < FrameFormat.MARK
        || kind > FrameFormat.LAST_KIND) {
      return 0;
    }
    at = begin + FrameFormat.LENGTHS;
    long fieldBytes = nextLength();
    long payloadBytes = nextLength();
    long headBytes = at - begin + fieldBytes;
    boolean sane =
        fieldBytes >= 0 && payloadBytes >= 0 && headBytes + payloadBytes <= limit - position;
    return sane ? (int) headBytes : 0;
  }

  /** A length that fits an int, -1 if it does not. */
  private long nextLength() {
    int bytes = Varint.length(source, at, Varint.MOST_INT_BYTES);
    if (bytes > Varint.MOST_INT_BYTES) {
      return -1;
    }
    long length = next();
    return length <= Integer.MAX_VALUE ? length : -1;
  }

  private long next() {
    long value = Varint.get(source, at);
    while (source.get(at++) < 0) {
      // To its last byte.
    }
    return value;
  }

  /**
   * The frame at a position, null if its checksum is not good. The memory shows all of its head.
   *
   * @param headBytes as {@link #headBytes} has them
   * @param before the point that it continues, if it is the one that does
   */
  @Nullable Frame read(int position, int headBytes, ChainPoint before) {
    int begin = position - sourcePosition;
    format.begin(crc);
    int checksum = checksum(begin + FrameFormat.PREDECESSOR_CHECKSUM, begin + headBytes);
    if (checksum != source.getInt(begin)) {
      return null;
    }
    at = begin + FrameFormat.LENGTHS;
    int fieldBytes = (int) next();
    int payloadBytes = (int) next();
    byte kind = source.get(begin + FrameFormat.KIND);
    int predecessorChecksum = source.getInt(begin + FrameFormat.PREDECESSOR_CHECKSUM);
    int payloadChecksum = source.getInt(begin + FrameFormat.PAYLOAD_CHECKSUM);
    int payloadPosition = sourcePosition + at + fieldBytes;
    long index = next();
    long durableMark = index - next();
    long predecessorTerm = next();
    long term = predecessorTerm + next();
    if (kind == FrameFormat.MARK) {
      return new Frame(
          position,
          kind,
          0,
          payloadPosition,
          0,
          checksum,
          payloadChecksum,
          predecessorChecksum,
          0,
          predecessorTerm,
          index,
          term,
          before.offset(),
          before.offset(),
          0,
          0,
          before.largestTimestampMs(),
          durableMark);
    }
    int entries = kind == EntryKind.EMPTIED.id() ? (int) next() : 1;
    long baseOffset = before.offset() + next();
    long endOffset = baseOffset + next();
    long appendTimeMs = before.largestTimestampMs() + next();
    long maxTimestampMs = appendTimeMs + next();
    long largestTimestampMs = before.largestTimestampMs() + next();
    return new Frame(
        position,
        kind,
        sourcePosition + at,
        payloadPosition,
        payloadBytes,
        checksum,
        payloadChecksum,
        predecessorChecksum,
        entries,
        predecessorTerm,
        index,
        term,
        baseOffset,
        endOffset,
        appendTimeMs,
        maxTimestampMs,
        largestTimestampMs,
        durableMark);
  }

  /** The header of the first entry that a frame stands for. The memory shows all of its head. */
  EntryHeader header(Frame frame) {
    at = frame.detailPosition() - sourcePosition;
    long digest = source.getLong(at);
    at += Long.BYTES;
    int batchCount = (int) next();
    List<BatchExtent> batches = new ArrayList<>(batchCount);
    for (int i = 0; i < batchCount; i++) {
      batches.add(new BatchExtent((int) next(), (int) next()));
    }
    byte[] attributes = new byte[frame.payloadPosition() - sourcePosition - at];
    source.get(at, attributes);
    return new EntryHeader(
        frame.index(),
        frame.term(),
        EntryKind.ofId(frame.kind()),
        frame.baseOffset(),
        (int) (frame.endOffset() - frame.baseOffset()),
        frame.appendTimeMs(),
        frame.maxTimestampMs(),
        frame.largestTimestampMs(),
        digest,
        batches,
        ByteBuffer.wrap(attributes));
  }

  /** The payload of a frame, null if its checksum is not good. The memory shows all of it. */
  @Nullable ByteBuffer payload(Frame frame) {
    int begin = frame.payloadPosition() - sourcePosition;
    crc.reset();
    return checksum(begin, begin + frame.payloadBytes()) == frame.payloadChecksum()
        ? source.slice(begin, frame.payloadBytes())
        : null;
  }

  /** Goes on with a checksum over bytes of the view. */
  private int checksum(int from, int to) {
    int limit = source.limit();
    source.limit(to).position(from);
    crc.update(source);
    source.limit(limit);
    return (int) crc.getValue();
  }
}
