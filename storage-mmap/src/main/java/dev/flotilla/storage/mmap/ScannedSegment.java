package dev.flotilla.storage.mmap;

import dev.flotilla.storage.CorruptLogException;
import dev.flotilla.storage.LogBase;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A segment whose end is looked at by a recovery. First it only reads; {@link #makeDurable} writes.
 * Used by one thread.
 */
final class ScannedSegment {

  private static final Logger LOG = LoggerFactory.getLogger(ScannedSegment.class);
  private static final int COPY_BYTES = 256 << 10;

  private final LogDirectory directory;
  private final SegmentStart start;
  private final FrameFormat format;
  private final ActiveFile file;

  /** Where the file or its valid part ends. */
  private final int limit;

  private final Lookup storedRows;

  /** The end of the chain as far as it is good. */
  private ChainPoint end;

  /** The mark that the last frame of the chain carries, -1 without one. */
  private long lastMark = -1;

  /** Whether a mark ends the chain that covers all of it. */
  private boolean atRest;

  /** Whether nothing lies behind the end. */
  private boolean cleared;

  /** Where the entries above the durable mark begin. */
  private int unsurePosition;

  private ScannedSegment(LogDirectory directory, SegmentStart start, ActiveFile file, int limit) {
    this.directory = directory;
    this.start = start;
    this.format = new FrameFormat(directory.log(), start);
    this.file = file;
    this.limit = limit;
    this.end = format.origin();
    this.storedRows = readRows();
  }

  /** The segment that was written to. */
  static ScannedSegment active(
      LogDirectory directory, SegmentStart start, Preallocation preallocation) throws IOException {
    ActiveFile file =
        Files.exists(directory.file(start.fileName()))
            ? ActiveFile.open(directory, start.fileName(), preallocation)
            : ActiveFile.create(directory, start.fileName(), preallocation);
    return new ScannedSegment(directory, start, file, file.size());
  }

  /** One before that. */
  static ScannedSegment sealed(LogDirectory directory, Manifest.SegmentRecord stored)
      throws IOException {
    SegmentStart start = stored.start();
    ActiveFile file = ActiveFile.open(directory, start.fileName(), Preallocation.NONE);
    return new ScannedSegment(directory, start, file, Math.min(stored.endPosition(), file.size()));
  }

  /** None if they cannot be read: they say nothing that the frames do not say. */
  private Lookup readRows() {
    Path path = directory.file(start.lookupName());
    if (!Files.exists(path)) {
      return Lookup.empty();
    }
    try (FileChannel channel = directory.disk().open(path, StandardOpenOption.READ)) {
      ByteBuffer rows = ByteBuffer.allocate(Math.toIntExact(channel.size()));
      while (rows.hasRemaining() && channel.read(rows, rows.position()) >= 0) {
        // All of it.
      }
      Lookup stored = new Lookup(rows, rows.position() / Lookup.ROW_BYTES);
      return stored.first(stored.intact(format.origin().checksum()));
    } catch (IOException e) {
      LOG.warn("The lookup file {} cannot be read", path, e);
      return Lookup.empty();
    }
  }

  /**
   * Follows the chain of heads from the last known point to its end.
   *
   * @param endIndex what lies here and behind is not looked at
   * @return the highest durable mark that was seen, -1 without one
   */
  long followChain(long endIndex) throws IOException {
    FrameScanner scanner = scannerAt(endIndex - 1);
    long mark = scanner.point().index() - 1;
    Frame frame = scanner.point().index() < endIndex ? scanner.next() : null;
    while (frame != null && !frame.isMark()) {
      lastMark = frame.durableMark();
      mark = Math.max(mark, lastMark);
      frame = scanner.point().index() < endIndex ? scanner.next() : null;
    }
    end = scanner.point();
    if (frame != null) {
      lastMark = Math.max(lastMark, frame.durableMark());
      mark = Math.max(mark, lastMark);
      atRest = frame.durableMark() == end.index() - 1;
    }
    return mark;
  }

  /** The highest durable mark that a row names, below the segment if it has no row. */
  long rowMark() {
    return storedRows.atOrBelowIndex(Long.MAX_VALUE, format.origin()).index() - 1;
  }

  /** The highest mark that a frame behind the end of the chain carries, if it is not at rest. */
  long markBehindEnd() throws IOException {
    return atRest ? -1 : new FrameScanner(file.channel(), format, end, limit).highestMarkBehind();
  }

  /**
   * Verifies heads and payloads above the durable mark. The end of the chain moves to the first bad
   * one.
   *
   * @return whether all were good
   */
  boolean verifyAbove(long durableMark) throws IOException {
    long stop = end.index();
    FrameScanner scanner = scannerAt(durableMark + 1);
    while (scanner.point().index() <= durableMark && scanner.point().index() < stop) {
      if (scanner.next() == null) {
        throw damaged(scanner.point());
      }
    }
    unsurePosition = scanner.point().position();
    ChainPoint good = scanner.point();
    while (good.index() < stop) {
      Frame frame = scanner.next();
      if (frame == null || !scanner.payloadIntact(frame)) {
        end = good;
        return false;
      }
      good = scanner.point();
    }
    end = good;
    return true;
  }

  /** What a bad frame at or below the durable mark is. */
  CorruptLogException damaged(ChainPoint at) {
    return new CorruptLogException(
        "log %s, file %s: entry %d at position %d is damaged, and it was durable"
            .formatted(directory.log(), file.path(), at.index(), at.position()),
        at.index());
  }

  private FrameScanner scannerAt(long index) {
    ChainPoint from = storedRows.atOrBelowIndex(index, format.origin());
    return new FrameScanner(file.channel(), format, from, limit);
  }

  ChainPoint end() {
    return end;
  }

  /** Adds the terms that begin in this segment behind a base, below its end. */
  void addTerms(TermStarts terms, LogBase base) throws IOException {
    long first = base.index() + 1;
    int row = Math.max(-1, storedRows.rowsBelow(first + 1) - 1);
    int rowCount = storedRows.rowsBelow(end.index());
    for (; row < rowCount; row++) {
      ChainPoint from = row < 0 ? format.origin() : storedRows.row(row);
      ChainPoint to = row + 1 < rowCount ? storedRows.row(row + 1) : end;
      if (terms.all().isEmpty() || terms.all().getLast().term() != to.term()) {
        addTerms(terms, first, from, to);
      }
    }
  }

  private void addTerms(TermStarts terms, long first, ChainPoint from, ChainPoint to)
      throws IOException {
    FrameScanner scanner = new FrameScanner(file.channel(), format, from, limit);
    while (scanner.point().index() < to.index()) {
      Frame frame = scanner.next();
      if (frame == null) {
        throw damaged(scanner.point());
      }
      if (frame.endIndex() > first) {
        long offset = frame.index() >= first ? frame.baseOffset() : frame.endOffset();
        terms.append(frame.term(), Math.max(first, frame.index()), offset);
      }
    }
  }

  /**
   * Writes what lies above the durable mark again and syncs. An earlier process may have left these
   * entries in the page cache only, or its sync may have failed, after which a page counts as clean
   * though the device never took it.
   */
  void makeDurable() throws IOException {
    rewrite(unsurePosition, end.position());
    file.sync();
  }

  /** Writes zeros over a torn end, so that nothing of it is ever met again. Not synced. */
  void clearBehindEnd() throws IOException {
    if (!atRest) {
      FrameScanner scanner = new FrameScanner(file.channel(), format, end, file.size());
      file.zero(end.position(), scanner.endOfContent(end.position()));
    }
    cleared = true;
  }

  void close() throws IOException {
    file.close();
  }

  private void rewrite(int from, int to) throws IOException {
    ByteBuffer copy = ByteBuffer.allocateDirect(Math.clamp(to - from, 1, COPY_BYTES));
    for (int position = from; position < to; position += copy.capacity()) {
      copy.clear().limit(Math.min(copy.capacity(), to - position));
      FileChannel channel = file.channel();
      while (copy.hasRemaining()) {
        if (channel.read(copy, position + copy.position()) < 0) {
          throw new IOException(file.path() + " became shorter");
        }
      }
      LogDirectory.writeFully(channel, copy.flip(), position);
    }
  }

  /** The segment, to be written to again. */
  ActiveSegment activate(MappedSegments mapped) throws IOException {
    Lookup known = storedRows.first(storedRows.rowsBelow(end.index()));
    GrowingLookup rows = new GrowingLookup(format.origin().checksum(), known);
    FrameScanner scanner = scannerAt(end.index() - 1);
    while (scanner.point().index() < end.index()) {
      rows.pass(scanner.point());
      if (scanner.next() == null) {
        throw damaged(scanner.point());
      }
    }
    Segment segment = Segment.active(directory, start, mapped, rows, file.size());
    return new ActiveSegment(directory, segment, file, rows, known.count(), end, lastMark, cleared);
  }

  /** Closes the file after a failure. */
  void abandon(Exception cause) {
    try {
      file.close();
    } catch (IOException e) {
      cause.addSuppressed(e);
    }
  }
}
