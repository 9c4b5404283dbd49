package dev.flotilla.storage.mmap;

import dev.flotilla.storage.Entry;
import dev.flotilla.storage.EntryHeader;
import dev.flotilla.storage.FlushMode;
import dev.flotilla.storage.LogBase;
import dev.flotilla.storage.TermStart;
import dev.flotilla.storage.WriteSet;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;

/**
 * The files of one log as they are changed: entries go to the last segment, everything else is a
 * new manifest.
 *
 * <p>A truncation never overwrites: the segment ends before the cut from now on, what lies behind
 * stays in the file as long as slices may show it, and the next entry begins a new segment. Since
 * that one counts only when a manifest names it, and the same manifest makes the cut, no crash
 * shows the entry without the truncation.
 *
 * <p>After a method has thrown, the state here is unknown and only {@link #abandon} may follow.
 * Used by one thread at a time.
 */
final class LogWriter {

  private final LogDirectory directory;
  private final EngineConfig config;
  private final MappedSegments mapped;
  private final List<SealedSegment> sealed;
  private final TermStarts termStarts;
  private LogBase base;
  private ActiveSegment active;

  /** The newest manifest's. */
  private long sequence;

  /** Also taken from by compactions, on their own threads. */
  private final AtomicLong nextNumber;

  private int manifestBytes;

  /** A finished sync covers every entry up to this index. */
  private long durableMark;

  /** The buffer of the thread whose turn it is. */
  private ByteBuffer buffer = ByteBuffer.allocate(0);

  /** Files that the newest manifest does not name any more, and segments that views may show. */
  private final List<String> obsolete = new ArrayList<>();

  private final List<Segment> retired = new ArrayList<>();

  LogWriter(
      LogDirectory directory,
      EngineConfig config,
      MappedSegments mapped,
      Manifest manifest,
      List<SealedSegment> sealed,
      ActiveSegment active,
      TermStarts termStarts,
      long durableMark) {
    this.directory = directory;
    this.config = config;
    this.mapped = mapped;
    this.sealed = new ArrayList<>(sealed);
    this.termStarts = termStarts;
    this.base = manifest.base();
    this.active = active;
    this.sequence = manifest.sequence();
    this.nextNumber = new AtomicLong(manifest.nextNumber());
    this.manifestBytes = LogDirectory.manifestBytes(manifest);
    this.durableMark = durableMark;
  }

  /** What readers may see when all that was written is durable. */
  LogView view() {
    List<Segment> segments = new ArrayList<>(sealed.size() + 1);
    long diskBytes = active.diskBytes() + manifestBytes;
    for (SealedSegment segment : sealed) {
      segments.add(segment.segment());
      diskBytes += segment.diskBytes();
    }
    segments.add(active.segment());
    ChainPoint tail = active.tail();
    return new LogView(base, segments, tail.index(), tail.offset(), termStarts.all(), diskBytes);
  }

  /** Gathers frames in this buffer from now on. */
  void use(ByteBuffer flusherBuffer) {
    buffer = flusherBuffer;
    active.use(buffer);
  }

  /** Cuts and appends. Durable after the next {@link #flush}. */
  void write(WriteSet set) throws IOException {
    if (set.truncateFrom() < active.tail().index()) {
      truncate(set.truncateFrom());
    }
    for (Entry entry : set.entries()) {
      if (!active.hasRoomFor(entry, config.segmentBytes())) {
        roll();
      }
      active.append(entry, 1, durableMark);
      EntryHeader header = entry.header();
      termStarts.append(header.term(), header.index(), header.baseOffset());
    }
  }

  /**
   * Makes what was written count as durable: synced, or handed to the system if that suffices.
   *
   * @param entries how many that are, for the listener
   * @param bytes their size
   * @param started when their writing began, in nanoTime
   */
  void flush(int entries, long bytes, long started) throws IOException {
    boolean commit = config.flushMode() == FlushMode.COMMIT;
    if (commit) {
      active.syncSilently();
    } else {
      active.writeBuffered();
    }
    config.listener().flushed(entries, bytes, System.nanoTime() - started);
    if (commit) {
      durableMark = active.tail().index() - 1;
      active.storeRows();
    }
  }

  /** Writes the durable mark behind the last entry, for a log that comes to rest. Not synced. */
  void mark() throws IOException {
    active.mark(durableMark);
  }

  private void roll() throws IOException {
    ChainPoint tail = active.tail();
    Manifest.SegmentRecord record = active.seal();
    retired.add(active.segment());
    sealed.add(sealed(record));
    begin(tail);
  }

  private SealedSegment sealed(Manifest.SegmentRecord record) {
    return new SealedSegment(record, Segment.sealed(directory, record, mapped));
  }

  private void begin(ChainPoint at) throws IOException {
    SegmentStart start =
        new SegmentStart(
            nextNumber.getAndIncrement(),
            at.index(),
            at.term(),
            at.offset(),
            at.largestTimestampMs());
    active = ActiveSegment.create(directory, start, mapped, config.maxStepBytes());
    active.use(buffer);
    writeManifest();
  }

  /** Cuts before an entry that the log holds, or behind its last one. Durable on return. */
  void truncate(long fromIndex) throws IOException {
    active.sync();
    ChainPoint cut = cutPoint(fromIndex);
    if (active.start().index() < fromIndex) {
      Manifest.SegmentRecord record = active.cut(fromIndex, cut.position());
      retired.add(active.segment());
      sealed.add(sealed(record));
    } else {
      active.file().close();
      discard(active.segment());
      while (!sealed.isEmpty() && sealed.getLast().start().index() >= fromIndex) {
        discard(sealed.removeLast().segment());
      }
      if (!sealed.isEmpty()) {
        SealedSegment last = sealed.removeLast();
        retired.add(last.segment());
        sealed.add(sealed(cut(last.stored(), last.segment(), fromIndex, cut.position())));
      }
    }
    termStarts.truncate(fromIndex);
    durableMark = Math.min(durableMark, fromIndex - 1);
    begin(cut);
  }

  private static Manifest.SegmentRecord cut(
      Manifest.SegmentRecord whole, Segment segment, long index, int endPosition) {
    Mapping mapping = segment.acquire();
    try {
      int rows = segment.lookup(mapping).rowsBelow(index);
      return new Manifest.SegmentRecord(whole.start(), endPosition, whole.fileBytes(), rows);
    } finally {
      mapping.release();
    }
  }

  /** The point behind the entry before one that the log holds. */
  private ChainPoint cutPoint(long index) {
    Segment segment = active.segment();
    for (int i = sealed.size() - 1; i >= 0 && segment.start().index() >= index; i--) {
      segment = sealed.get(i).segment();
    }
    SegmentStart start = segment.start();
    ChainPoint point = segment.origin();
    if (start.index() < index) {
      try (FrameCursor cursor = new FrameCursor(segment, segment.acquire())) {
        cursor.seekIndex(index - 1).find(index - 1);
        point = cursor.point();
      }
    }
    return new ChainPoint(
        point.position(),
        index,
        point.checksum(),
        point.term(),
        point.offset(),
        point.largestTimestampMs());
  }

  /** Drops a prefix; durable on return. */
  void dropPrefix(LogBase newBase) throws IOException {
    long first = newBase.index() + 1;
    Segment holder = active.segment();
    for (int i = sealed.size() - 1; i >= 0 && holder.start().index() > first; i--) {
      holder = sealed.get(i).segment();
    }
    try (FrameCursor cursor = new FrameCursor(holder, holder.acquire())) {
      Frame frame = cursor.seekIndex(first).find(first);
      long offset = frame.index() == first ? frame.baseOffset() : frame.endOffset();
      termStarts.dropBefore(new TermStart(frame.term(), first, offset));
    }
    while (!sealed.isEmpty() && sealed.getFirst().start().index() < holder.start().index()) {
      discard(sealed.removeFirst().segment());
    }
    base = newBase;
    writeManifest();
  }

  /** An empty segment to rewrite one into, with the same start. Called by any thread. */
  ActiveSegment rewriteTarget(SegmentStart start) throws IOException {
    SegmentStart target =
        new SegmentStart(
            nextNumber.getAndIncrement(),
            start.index(),
            start.term(),
            start.offset(),
            start.largestTimestampMs());
    return ActiveSegment.create(directory, target, mapped, config.maxStepBytes());
  }

  /** Names a rewritten segment file in place of the one it was made from, if that is in use. */
  void replace(Manifest.SegmentRecord old, Manifest.SegmentRecord rewritten) throws IOException {
    for (int i = 0; i < sealed.size(); i++) {
      SealedSegment segment = sealed.get(i);
      if (segment.stored().equals(old)) {
        discard(segment.segment());
        sealed.set(i, sealed(rewritten));
        writeManifest();
        return;
      }
    }
    obsolete.add(rewritten.start().fileName());
    obsolete.add(rewritten.start().lookupName());
  }

  /** Replaces all content by nothing; durable on return. */
  void reset(LogBase newBase) throws IOException {
    active.file().close();
    discard(active.segment());
    sealed.forEach(segment -> discard(segment.segment()));
    sealed.clear();
    base = newBase;
    termStarts.truncate(0);
    durableMark = newBase.index();
    begin(
        new ChainPoint(
            0, newBase.index() + 1, 0, newBase.term(), newBase.offset(), EntryHeader.NO_TIMESTAMP));
  }

  private void discard(Segment segment) {
    retired.add(segment);
    obsolete.add(segment.start().fileName());
    obsolete.add(segment.start().lookupName());
  }

  private void writeManifest() throws IOException {
    List<Manifest.SegmentRecord> records = new ArrayList<>(sealed.size() + 1);
    sealed.forEach(segment -> records.add(segment.stored()));
    records.add(Manifest.SegmentRecord.active(active.start()));
    Manifest manifest =
        new Manifest(
            directory.log(),
            sequence + 1,
            base,
            durableMark,
            nextNumber.get(),
            records,
            termStarts.below(active.start().index()));
    directory.write(manifest);
    obsolete.add(LogDirectory.manifestName(sequence));
    sequence++;
    manifestBytes = LogDirectory.manifestBytes(manifest);
  }

  /**
   * Lets go of what no view shows any more. Called when the newest view is published and the writes
   * up to it are reported: before, a crash may need the older files.
   */
  void release() throws IOException {
    retired.forEach(Segment::retire);
    retired.clear();
    for (String name : obsolete) {
      Files.deleteIfExists(directory.file(name));
    }
    obsolete.clear();
  }

  /** Makes all durable, writes the mark and closes. Readers may go on until {@link #retireAll}. */
  void close() throws IOException {
    active.sync();
    durableMark = active.tail().index() - 1;
    active.storeAllRows();
    mark();
    active.file().sync();
    active.file().close();
  }

  /** Closes what is open after a failure. */
  void abandon() throws IOException {
    active.file().close();
  }

  /** Ends reading. */
  void retireAll() {
    sealed.forEach(segment -> segment.segment().retire());
    active.segment().retire();
    retired.forEach(Segment::retire);
  }
}
