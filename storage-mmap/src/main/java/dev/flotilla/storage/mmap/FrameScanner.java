package dev.flotilla.storage.mmap;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.util.zip.CRC32C;
import org.jspecify.annotations.Nullable;

/**
 * Follows the chain of frames in a file by reading it, not through a map: an unreadable page is an
 * {@link IOException} here. For recovery, and to write lookup rows again. Used by one thread.
 */
final class FrameScanner {

  private static final int WINDOW_BYTES = 64 << 10;

  private final FileChannel channel;
  private final FrameReader reader;
  private final int limit;
  private ByteBuffer window = ByteBuffer.allocateDirect(WINDOW_BYTES).limit(0);
  private int windowPosition;
  private ChainPoint point;

  /**
   * A scanner that goes on from a point.
   *
   * @param limit where the file or its valid part ends
   */
  FrameScanner(FileChannel channel, FrameFormat format, ChainPoint from, int limit) {
    this.channel = channel;
    this.reader = new FrameReader(format);
    this.point = from;
    this.limit = limit;
  }

  /** Where the next frame would begin. */
  ChainPoint point() {
    return point;
  }

  /** The next frame of the chain, null where it ends. A mark is returned and not passed. */
  @Nullable Frame next() throws IOException {
    Frame frame = frameAt(point.position());
    if (frame == null || !point.isContinuedBy(frame)) {
      return null;
    }
    if (!frame.isMark()) {
      point = ChainPoint.after(frame);
    }
    return frame;
  }

  private @Nullable Frame frameAt(int position) throws IOException {
    if (position > limit - FrameFormat.LEAST_BYTES) {
      return null;
    }
    load(position, FrameFormat.LEAST_BYTES);
    int headBytes = reader.headBytes(position, limit);
    if (headBytes == 0) {
      return null;
    }
    load(position, headBytes);
    return reader.read(position, headBytes, point);
  }

  boolean payloadIntact(Frame frame) throws IOException {
    CRC32C crc = new CRC32C();
    int position = frame.payloadPosition();
    int end = position + frame.payloadBytes();
    while (position < end) {
      int length = Math.min(end - position, WINDOW_BYTES);
      load(position, length);
      crc.update(window.duplicate().slice(position - windowPosition, length));
      position += length;
    }
    return (int) crc.getValue() == frame.payloadChecksum();
  }

  /**
   * The highest durable mark that any frame of this segment behind the present point carries, -1 if
   * there is no frame. Reads to the end of the file: only where a chain ended in something else
   * than zeros this tells a torn end from damage.
   */
  long highestMarkBehind() throws IOException {
    long mark = -1;
    int last = limit - FrameFormat.LEAST_BYTES;
    for (int position = point.position(); position <= last; position += FrameFormat.ALIGNMENT) {
      Frame frame = frameAt(position);
      if (frame != null) {
        mark = Math.max(mark, frame.durableMark());
      }
    }
    return mark;
  }

  /**
   * Where the last byte that is not zero lies behind a position, that position if there is none.
   */
  int endOfContent(int from) throws IOException {
    int end = from;
    int step = FrameFormat.ALIGNMENT;
    for (int position = from; position <= limit - step; position += step) {
      load(position, step);
      if (window.getInt(position - windowPosition) != 0) {
        end = position + step;
      }
    }
    return end;
  }

  /** Makes bytes of the file available in the window. */
  private void load(int position, int length) throws IOException {
    if (position >= windowPosition && position + length <= windowPosition + window.limit()) {
      return;
    }
    if (length > window.capacity()) {
      window = ByteBuffer.allocateDirect(length);
    }
    window.clear().limit(Math.min(window.capacity(), limit - position));
    windowPosition = position;
    while (window.hasRemaining()) {
      if (channel.read(window, position + window.position()) < 0) {
        throw new IOException("the file ends before " + limit + ", at " + position);
      }
    }
    reader.use(window.flip(), position);
  }
}
