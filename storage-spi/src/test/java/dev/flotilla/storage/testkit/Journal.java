package dev.flotilla.storage.testkit;

import dev.flotilla.storage.CorruptLogException;
import dev.flotilla.storage.Entry;
import dev.flotilla.storage.EntryHeader;
import dev.flotilla.storage.FlushListener;
import dev.flotilla.storage.LogBase;
import dev.flotilla.storage.LogId;
import dev.flotilla.storage.WriteSet;
import dev.flotilla.storage.testkit.JournalEngineFactory.Fault;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.zip.CRC32C;

/**
 * A file of frames, each synced before the next is written:
 *
 * <pre>
 *  0  length of the body   4
 *  4  CRC-32C              4, over log id, position of the frame and body
 *  8  body: the base (first frame), or a write set
 * </pre>
 *
 * A bad frame with a good one behind it is damage, one without is torn. An empty write set ends a
 * file that was closed.
 */
final class Journal {

  private static final int FRAME_HEADER_BYTES = 8;

  private final LogId id;
  private final Path file;
  private final FlushListener listener;
  private final Fault fault;
  private long end;

  Journal(LogId id, Path file, FlushListener listener, Fault fault) {
    this.id = id;
    this.file = file;
    this.listener = listener;
    this.fault = fault;
  }

  long end() {
    return end;
  }

  Fault fault() {
    return fault;
  }

  /** Puts a file that holds this in the place of the old one. */
  void rewrite(LogContent content) {
    Path next = file.resolveSibling(file.getFileName() + ".next");
    LogBase base = content.base();
    ByteBuffer first = ByteBuffer.allocate(32);
    first.putLong(base.index()).putLong(base.term()).putLong(base.offset()).putLong(base.digest());
    ByteBuffer baseFrame = frame(0, first.flip());
    ByteBuffer entries = frame(baseFrame.remaining(), encode(WriteSet.append(content.entries())));
    try {
      Files.deleteIfExists(next);
      end = (long) baseFrame.remaining() + entries.remaining();
      try (FileChannel channel =
          FileChannel.open(next, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
        channel.write(new ByteBuffer[] {baseFrame, entries});
        channel.force(true);
      }
      listener.flushed(0, end, 1);
      Files.move(next, file, StandardCopyOption.ATOMIC_MOVE);
      syncDirectory();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private void syncDirectory() throws IOException {
    try (FileChannel channel = FileChannel.open(file.toAbsolutePath().getParent())) {
      channel.force(true);
    }
    listener.flushed(0, 0, 1);
  }

  void append(WriteSet set) {
    boolean forgets = fault == Fault.FORGETS_TRUNCATIONS && set.entries().isEmpty();
    ByteBuffer frame = frame(end, encode(forgets ? WriteSet.append(List.of()) : set));
    long bytes = frame.remaining();
    try (FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE)) {
      channel.write(frame, end);
      channel.force(true);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    end += bytes;
    listener.flushed(set.entries().size(), bytes, 1);
  }

  /** Reads the file, cuts a torn tail and then the log. */
  LogContent recover(long endIndex) {
    try {
      ByteBuffer bytes = ByteBuffer.wrap(Files.readAllBytes(file));
      LogContent content = new LogContent(base(bytes));
      end = FRAME_HEADER_BYTES + 32;
      for (Optional<ByteBuffer> body = frameAt(bytes, end);
          body.isPresent();
          body = frameAt(bytes, end)) {
        end += FRAME_HEADER_BYTES + body.get().remaining();
        content.apply(decode(body.get()));
      }
      long first = content.base().index() + 1;
      if (endIndex > first && anyFrameBehind(bytes)) {
        // Frames behind the bad one may have truncated any entry that was read so far.
        throw new CorruptLogException("log " + id + " at " + end, first);
      }
      content.truncate(endIndex);
      if (fault == Fault.KEEPS_TORN_TAIL) {
        return content;
      }
      rewrite(content);
      return content;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private LogBase base(ByteBuffer bytes) {
    ByteBuffer body =
        frameAt(bytes, 0).orElseThrow(() -> new CorruptLogException("base of log " + id, 0));
    return new LogBase(body.getLong(), body.getLong(), body.getLong(), body.getLong());
  }

  private boolean anyFrameBehind(ByteBuffer bytes) {
    for (long position = end + 1; position < bytes.limit(); position++) {
      if (frameAt(bytes, position).isPresent()) {
        return true;
      }
    }
    return false;
  }

  private Optional<ByteBuffer> frameAt(ByteBuffer bytes, long position) {
    if (position + FRAME_HEADER_BYTES > bytes.limit()) {
      return Optional.empty();
    }
    int at = (int) position;
    int length = bytes.getInt(at);
    if (length <= 0 || length > bytes.limit() - at - FRAME_HEADER_BYTES) {
      return Optional.empty();
    }
    ByteBuffer body = bytes.slice(at + FRAME_HEADER_BYTES, length);
    boolean good =
        fault == Fault.TRUSTS_EVERY_FRAME || bytes.getInt(at + 4) == checksum(position, body);
    return good ? Optional.of(body) : Optional.empty();
  }

  private ByteBuffer frame(long position, ByteBuffer body) {
    ByteBuffer frame = ByteBuffer.allocate(FRAME_HEADER_BYTES + body.remaining());
    frame.putInt(body.remaining()).putInt(checksum(position, body));
    return frame.put(body).flip();
  }

  private int checksum(long position, ByteBuffer body) {
    ByteBuffer seed = ByteBuffer.allocate(24).putLong(position);
    seed.putLong(id.value().getMostSignificantBits());
    seed.putLong(id.value().getLeastSignificantBits());
    CRC32C crc = new CRC32C();
    crc.update(seed.flip());
    crc.update(body.duplicate());
    return (int) crc.getValue();
  }

  private static ByteBuffer encode(WriteSet set) {
    int bytes = 12;
    for (Entry entry : set.entries()) {
      bytes += entry.header().encodedBytes() + 4 + entry.payload().remaining();
    }
    ByteBuffer body = ByteBuffer.allocate(bytes);
    body.putLong(set.truncateFrom()).putInt(set.entries().size());
    for (Entry entry : set.entries()) {
      entry.header().writeTo(body);
      body.putInt(entry.payload().remaining()).put(entry.payload().duplicate());
    }
    return body.flip();
  }

  private static WriteSet decode(ByteBuffer body) {
    long truncateFrom = body.getLong();
    List<Entry> entries = new ArrayList<>();
    for (int count = body.getInt(); count > 0; count--) {
      EntryHeader header = EntryHeader.readFrom(body);
      int length = body.getInt();
      entries.add(new Entry(header, body.slice(body.position(), length)));
      body.position(body.position() + length);
    }
    return new WriteSet(truncateFrom, entries);
  }

  void delete() {
    try {
      if (Files.deleteIfExists(file)) {
        syncDirectory();
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
