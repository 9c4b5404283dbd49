package dev.flotilla.storage.mmap;

import dev.flotilla.storage.Entry;
import dev.flotilla.storage.EntryHeader;
import dev.flotilla.storage.FlushMode;
import dev.flotilla.storage.LogBase;
import dev.flotilla.storage.TermStart;
import dev.flotilla.storage.WriteSet;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.List;

/**
 * The files of one log as they are changed: entries go to the last segment, everything else is a
 * new manifest.
 *
 * <p>A truncation never overwrites: the segment ends before the cut from now on, what lies behind
 * stays in the file as long as slices may show it, and the next entry begins a new segment. Since
 * that one counts only when a manifest names it, and the same manifest makes the cut, no crash
 * shows the entry without the truncation.
 *
 * <p>After a method has thrown, the state here is unknown and only {@link #abandon} and {@link
 * #retireAll} may follow. Used by one thread at a time.
 */
final class LogWriter {

  private final LogDirectory directory;
  private final EngineConfig config;
  private final MappedSegments mapped;
  private final ManifestWriter manifests;
  private final SegmentList segments;
  private final TermStarts termStarts;
  private LogBase base;

  /** A finished sync covers every entry up to this index. */
  private long durableMark;

  /** The buffer of the thread whose turn it is. */
  private ByteBuffer buffer = ByteBuffer.allocate(0);

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
    this.manifests = new ManifestWriter(directory, manifest);
    this.segments = new SegmentList(directory, mapped, sealed, active);
    this.termStarts = termStarts;
    this.base = manifest.base();
    this.durableMark = durableMark;
  }

  /** What readers may see when all that was written is durable. */
  LogView view() {
    ChainPoint tail = segments.active().tail();
    long diskBytes = segments.diskBytes() + manifests.bytes();
    return new LogView(
        base, segments.shown(), tail.index(), tail.offset(), termStarts.all(), diskBytes);
  }

  /** Gathers frames in this buffer from now on. */
  void use(ByteBuffer flusherBuffer) {
    buffer = flusherBuffer;
    segments.active().use(buffer);
  }

  /** Cuts and appends. Durable after the next {@link #flush}. */
  void write(WriteSet set) throws IOException {
    if (set.truncateFrom() < segments.active().tail().index()) {
      truncate(set.truncateFrom());
    }
    for (Entry entry : set.entries()) {
      if (!segments.active().hasRoomFor(entry, config.segmentBytes())) {
        roll();
      }
      segments.active().append(entry, 1, durableMark);
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
    ActiveSegment active = segments.active();
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
    segments.active().mark(durableMark);
  }

  private void roll() throws IOException {
    ChainPoint tail = segments.active().tail();
    segments.ended(segments.active().seal());
    begin(tail);
  }

  private void begin(ChainPoint at) throws IOException {
    SegmentStart start =
        new SegmentStart(
            manifests.nextNumber(), at.index(), at.term(), at.offset(), at.largestTimestampMs());
    segments.begin(ActiveSegment.create(directory, start, mapped, config.preallocation()));
    segments.active().use(buffer);
    writeManifest();
  }

  private void writeManifest() throws IOException {
    List<TermStart> earlier = termStarts.below(segments.active().start().index());
    segments.obsolete(manifests.write(base, durableMark, segments.records(), earlier));
  }

  /** Cuts before an entry that the log holds, or behind its last one. Durable on return. */
  void truncate(long fromIndex) throws IOException {
    ActiveSegment active = segments.active();
    active.sync();
    ChainPoint cut = cutPoint(fromIndex);
    if (active.start().index() < fromIndex) {
      segments.ended(active.cut(fromIndex, cut.position()));
    } else {
      active.file().close();
      segments.discardActive();
      segments.discardFrom(fromIndex);
      if (segments.hasSealed()) {
        segments.cutLastSealed(fromIndex, cut.position());
      }
    }
    termStarts.truncate(fromIndex);
    durableMark = Math.min(durableMark, fromIndex - 1);
    begin(cut);
  }

  /** The point behind the entry before one that the log holds. */
  private ChainPoint cutPoint(long index) {
    Segment segment = segments.holderOf(index - 1);
    ChainPoint point = segment.origin();
    if (segment.start().index() < index) {
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
    Segment holder = segments.holderOf(first);
    try (FrameCursor cursor = new FrameCursor(holder, holder.acquire())) {
      Frame frame = cursor.seekIndex(first).find(first);
      long offset = frame.index() == first ? frame.baseOffset() : frame.endOffset();
      termStarts.dropBefore(new TermStart(frame.term(), first, offset));
    }
    if (newBase.index() > durableMark) {
      // Without syncs: a base that is durable must not lie behind the entries that are.
      segments.active().sync();
      durableMark = segments.active().tail().index() - 1;
    }
    segments.discardBefore(holder);
    base = newBase;
    writeManifest();
  }

  /** An empty segment to rewrite one into, with the same start. Called by any thread. */
  ActiveSegment rewriteTarget(SegmentStart start) throws IOException {
    SegmentStart target =
        new SegmentStart(
            manifests.nextNumber(),
            start.index(),
            start.term(),
            start.offset(),
            start.largestTimestampMs());
    return ActiveSegment.create(directory, target, mapped, config.preallocation());
  }

  /** Names a rewritten segment file in place of the one it was made from, if that is in use. */
  void replace(Manifest.SegmentRecord old, Manifest.SegmentRecord rewritten) throws IOException {
    if (segments.replace(old, rewritten)) {
      writeManifest();
    }
  }

  /** Replaces all content by nothing; durable on return. */
  void reset(LogBase newBase) throws IOException {
    segments.active().file().close();
    segments.discardActive();
    segments.discardFrom(0);
    base = newBase;
    termStarts.truncate(0);
    durableMark = newBase.index();
    begin(
        new ChainPoint(
            0, newBase.index() + 1, 0, newBase.term(), newBase.offset(), EntryHeader.NO_TIMESTAMP));
  }

  /**
   * Lets go of what no view shows any more. Called when the newest view is published and the writes
   * up to it are reported: before, a crash may need the older files.
   */
  void release() throws IOException {
    segments.release();
  }

  /** Makes all durable, writes the mark and closes. Readers may go on until {@link #retireAll}. */
  void close() throws IOException {
    ActiveSegment active = segments.active();
    active.sync();
    durableMark = active.tail().index() - 1;
    active.storeAllRows();
    mark();
    active.file().sync();
    active.file().close();
  }

  /** Closes what is open after a failure. */
  void abandon() throws IOException {
    segments.active().file().close();
  }

  /** Ends reading. */
  void retireAll() {
    segments.retireAll();
  }
}
