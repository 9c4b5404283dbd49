package dev.flotilla.storage.mmap;

import dev.flotilla.storage.Entry;
import dev.flotilla.storage.EntryHeader;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.StandardOpenOption;

/**
 * The segment that a log writes to: its file, its lookup rows and the end of its chain. Frames are
 * gathered in a buffer of the writing thread and written in large pieces. Used by one thread at a
 * time.
 */
final class ActiveSegment {

  /** Rows are added to the lookup file in portions: one for each megabyte of frames. */
  private static final int ROWS_PER_WRITE = 64;

  private final LogDirectory directory;
  private final Segment segment;
  private final FrameWriter frames;
  private final ActiveFile file;
  private final GrowingLookup rows;

  /**
   * Whether nothing but what was preallocated lies behind the tail. Not so where a recovery cuts
   * without a look: until a manifest says so too, a crash needs what is there.
   */
  private final boolean ended;

  /** How many rows the lookup file has. */
  private int storedRows;

  /** Behind the last frame, be it in the file or in the buffer. */
  private ChainPoint tail;

  /** The durable mark that the last frame carries. */
  private long lastMark;

  /** Frames that are not in the file yet. Borrowed from the writing thread for one flush. */
  private ByteBuffer buffer = ByteBuffer.allocate(0);

  private int bufferPosition;

  ActiveSegment(
      LogDirectory directory,
      Segment segment,
      ActiveFile file,
      GrowingLookup rows,
      int storedRows,
      ChainPoint tail,
      long lastMark,
      boolean ended) {
    this.directory = directory;
    this.segment = segment;
    this.frames = new FrameWriter(segment.format());
    this.file = file;
    this.rows = rows;
    this.storedRows = storedRows;
    this.tail = tail;
    this.lastMark = lastMark;
    this.ended = ended;
  }

  /** A new one. Its file is durable on return; it counts when a manifest names it. */
  static ActiveSegment create(
      LogDirectory directory,
      SegmentStart start,
      MappedSegments mapped,
      Preallocation preallocation)
      throws IOException {
    ActiveFile file = ActiveFile.create(directory, start.fileName(), preallocation);
    ChainPoint origin = new FrameFormat(directory.log(), start).origin();
    GrowingLookup rows = new GrowingLookup(origin.checksum(), Lookup.empty());
    Segment segment = Segment.active(directory, start, mapped, rows, file.size());
    return new ActiveSegment(directory, segment, file, rows, 0, origin, -1, true);
  }

  Segment segment() {
    return segment;
  }

  SegmentStart start() {
    return segment.start();
  }

  ChainPoint tail() {
    return tail;
  }

  ActiveFile file() {
    return file;
  }

  /** Bytes on the disk. */
  long diskBytes() {
    return file.size() + (long) storedRows * Lookup.ROW_BYTES;
  }

  /** Frames go to this buffer until it is full. */
  void use(ByteBuffer newBuffer) {
    buffer = newBuffer.clear();
    bufferPosition = tail.position();
  }

  /** Whether an entry belongs here or begins the next segment. */
  boolean hasRoomFor(Entry entry, long segmentBytes) {
    return tail.position() == 0 || tail.position() + FrameWriter.mostBytes(entry) <= segmentBytes;
  }

  /**
   * Appends an entry, possibly to the buffer only.
   *
   * @param entries how many it stands for
   */
  void append(Entry entry, int entries, long durableMark) throws IOException {
    EntryHeader header = entry.header();
    ByteBuffer payload = entry.payload().duplicate();
    rows.pass(tail);
    reserve(FrameWriter.mostHeadBytes(header));
    ChainPoint behind = frames.writeHead(buffer, tail, header, entries, payload, durableMark);
    while (payload.hasRemaining()) {
      reserve(1);
      int length = Math.min(payload.remaining(), buffer.remaining());
      buffer.put(buffer.position(), payload, payload.position(), length);
      buffer.position(buffer.position() + length);
      payload.position(payload.position() + length);
    }
    int padding = behind.position() - bufferPosition - buffer.position();
    reserve(padding);
    for (int i = 0; i < padding; i++) {
      buffer.put((byte) 0);
    }
    tail = behind;
    lastMark = durableMark;
  }

  private void reserve(int bytes) throws IOException {
    if (buffer.remaining() < bytes) {
      writeBuffered();
      if (buffer.remaining() < bytes) {
        buffer = ByteBuffer.allocateDirect(bytes);
      }
    }
  }

  /** Writes what is in the buffer to the file; there is always room left for a mark. */
  void writeBuffered() throws IOException {
    if (buffer.position() == 0) {
      return;
    }
    buffer.flip();
    int end = bufferPosition + buffer.limit();
    file.write(buffer, bufferPosition, FrameFormat.MOST_FIXED_BYTES);
    segment.resized(file.size());
    bufferPosition = end;
    buffer.clear();
  }

  /** Makes all frames durable, and tells the listener of a sync. */
  void sync() throws IOException {
    writeBuffered();
    file.sync();
  }

  /** Makes all frames durable. The caller tells the listener what they were. */
  void syncSilently() throws IOException {
    writeBuffered();
    file.syncSilently();
  }

  /**
   * Stores rows that are not in the lookup file yet, once there are enough. All frames are durable:
   * a stored row vouches for those before it.
   */
  void storeRows() throws IOException {
    if (rows.lookup().count() - storedRows >= ROWS_PER_WRITE) {
      storeAllRows();
    }
  }

  /** Stores all rows that are not in the lookup file yet. Not synced: it can be lost. */
  void storeAllRows() throws IOException {
    int count = rows.lookup().count();
    if (count == storedRows) {
      return;
    }
    try (FileChannel channel =
        directory
            .disk()
            .open(
                directory.file(start().lookupName()),
                StandardOpenOption.CREATE,
                StandardOpenOption.WRITE)) {
      LogDirectory.writeFully(
          channel, rows.bytesFrom(storedRows), (long) storedRows * Lookup.ROW_BYTES);
    }
    storedRows = count;
  }

  /**
   * Writes a mark behind the last frame if that carries an older one, or if there is no frame. Does
   * not sync. Nothing is in the buffer.
   */
  void mark(long durableMark) throws IOException {
    if (lastMark >= durableMark || tail.position() + FrameFormat.MOST_FIXED_BYTES > file.size()) {
      return;
    }
    ByteBuffer mark = ByteBuffer.allocate(FrameFormat.MOST_FIXED_BYTES);
    frames.writeMark(mark, tail, durableMark);
    LogDirectory.writeFully(file.channel(), mark.flip(), tail.position());
    lastMark = durableMark;
  }

  /**
   * Ends the segment behind its last frame: all of it is durable on return, the file has no surplus
   * and is closed.
   */
  Manifest.SegmentRecord seal() throws IOException {
    sync();
    storeAllRows();
    closeTrimmed();
    return new Manifest.SegmentRecord(start(), tail.position(), file.size(), rows.lookup().count());
  }

  private void closeTrimmed() throws IOException {
    if (ended) {
      segment.resized(tail.position());
      file.trim(tail.position());
    }
    file.close();
  }

  /**
   * Ends the segment before an entry: all of it is durable on return. The file keeps the frames
   * behind, since slices may show them, also of an earlier opening of the log: they go with the
   * file, by retention or a compaction. What was preallocated goes at once, so that a log that
   * holds little takes little however often it is cut.
   *
   * @param endPosition where the entry's frame begins
   */
  Manifest.SegmentRecord cut(long index, int endPosition) throws IOException {
    sync();
    storeAllRows();
    closeTrimmed();
    return new Manifest.SegmentRecord(
        start(), endPosition, file.size(), rows.lookup().rowsBelow(index));
  }

  /** Removes the files of a segment that no manifest names. */
  void discard() throws IOException {
    file.close();
    Files.deleteIfExists(directory.file(start().fileName()));
    Files.deleteIfExists(directory.file(start().lookupName()));
  }
}
