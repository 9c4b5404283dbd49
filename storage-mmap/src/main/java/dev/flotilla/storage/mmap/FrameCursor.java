package dev.flotilla.storage.mmap;

import dev.flotilla.storage.CorruptLogException;
import dev.flotilla.storage.EntryHeader;
import dev.flotilla.storage.StorageException;
import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/**
 * Walks over the frames of a mapped segment, verifying each head, and keeps the mapping until it is
 * closed. Each byte is brought into memory before it is touched, see {@link PageIn}. Used by one
 * thread.
 */
final class FrameCursor implements AutoCloseable {

  /** Brought in at once where only heads are read. */
  private static final int HEADS_AHEAD_BYTES = 8 << 10;

  /** Brought in at once at most where payloads follow: spares a system call for each of them. */
  private static final int MOST_AHEAD_BYTES = 2 << 20;

  private final Segment segment;
  private final Mapping mapping;
  private final FrameReader reader;
  private ChainPoint point;

  /** What is expected to be read ends about here. */
  private int expectedTo;

  private int presentFrom;
  private int presentTo;

  /**
   * A cursor.
   *
   * @param mapping retained for this cursor
   */
  FrameCursor(Segment segment, Mapping mapping) {
    this.segment = segment;
    this.mapping = mapping;
    this.reader = new FrameReader(segment.format());
    this.reader.use(mapping.bytes(), 0);
    this.point = segment.origin();
  }

  /** Goes to where the frame of an entry can be found by walking. */
  FrameCursor seekIndex(long index) {
    ChainPoint row = segment.lookup(mapping).atOrBelowIndex(index, segment.origin());
    ChainPoint lastRead = segment.lastRead();
    point = lastRead.index() <= index && lastRead.index() > row.index() ? lastRead : row;
    return this;
  }

  /** Goes to where the first entry that reaches beyond an offset can be found by walking. */
  FrameCursor seekOffset(long offset, long endIndex) {
    point = segment.lookup(mapping).atOrBelowOffset(offset, endIndex, segment.origin());
    return this;
  }

  /** Goes to where the first entry with a time can be found by walking. */
  FrameCursor seekTime(long timestampMs, long endIndex) {
    point = segment.lookup(mapping).beforeTime(timestampMs, endIndex, segment.origin());
    return this;
  }

  /** Says that payloads of about so many bytes will be read from here on, and their heads. */
  void expect(int bytes) {
    expectedTo = (int) Math.min(point.position() + bytes * 17L / 16, mapping.size());
  }

  ChainPoint point() {
    return point;
  }

  /**
   * The next frame. The caller knows that there is one.
   *
   * @throws CorruptLogException if it is not as it was written
   */
  Frame next() {
    int position = point.position();
    Frame frame = read(position);
    if (frame == null || frame.isMark() || !point.isContinuedBy(frame)) {
      throw damaged("frame", point.index());
    }
    point = ChainPoint.after(frame);
    return frame;
  }

  private @Nullable Frame read(int position) {
    int rest = mapping.size() - position;
    if (rest < FrameFormat.LEAST_BYTES) {
      return null;
    }
    present(position, FrameFormat.LEAST_BYTES);
    int headBytes = reader.headBytes(position, mapping.size());
    if (headBytes == 0) {
      return null;
    }
    present(position, headBytes);
    return reader.read(position, headBytes, point);
  }

  /** The frame of an entry, from a point before it. */
  Frame find(long index) {
    Frame frame = next();
    while (frame.endIndex() <= index) {
      frame = next();
    }
    segment.lastRead(point);
    return frame;
  }

  /** The header of the first entry that a frame stands for. */
  EntryHeader header(Frame frame) {
    return reader.header(frame);
  }

  /** The payload of a frame, verified. Shows mapped memory. */
  ByteBuffer payload(Frame frame) {
    present(frame.payloadPosition(), frame.payloadBytes());
    ByteBuffer payload = reader.payload(frame);
    if (payload == null) {
      throw damaged("payload", frame.index());
    }
    return payload;
  }

  private CorruptLogException damaged(String what, long index) {
    return new CorruptLogException(
        "%s: the %s of entry %d at position %d is damaged"
            .formatted(segment.describe(), what, index, point.position()),
        index);
  }

  private void present(int position, int length) {
    int end = position + length;
    if (length == 0 || (position >= presentFrom && end <= presentTo)) {
      return;
    }
    boolean adjacent = position >= presentFrom && position <= presentTo;
    int from = adjacent ? presentTo : position;
    int ahead = Math.clamp(expectedTo, from + HEADS_AHEAD_BYTES, from + MOST_AHEAD_BYTES);
    int to = Math.min(mapping.size(), Math.max(end, ahead));
    if (mapping.populate(from, to)) {
      presentTo = to;
    } else if (mapping.populate(from, end)) {
      presentTo = end;
    } else {
      throw new StorageException(
          "%s: bytes %d to %d cannot be read".formatted(segment.describe(), position, end));
    }
    if (!adjacent) {
      presentFrom = position;
    }
  }

  /** Keeps the mapping for a slice, which releases it. */
  Mapping lend() {
    mapping.retain();
    return mapping;
  }

  @Override
  public void close() {
    mapping.release();
  }
}
