package dev.flotilla.storage.mmap;

import java.io.IOException;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.List;

/**
 * The segments of a log by rising index, the last one being written to; and what they have replaced
 * until it can be let go of. Used by one thread at a time.
 */
final class SegmentList {

  private final LogDirectory directory;
  private final MappedSegments mapped;
  private final List<SealedSegment> sealed;
  private ActiveSegment active;

  /** Files that the newest manifest does not name any more. */
  private final List<String> obsolete = new ArrayList<>();

  /** Segments that are not the log's any more, which views may show. */
  private final List<Segment> retired = new ArrayList<>();

  SegmentList(
      LogDirectory directory,
      MappedSegments mapped,
      List<SealedSegment> sealed,
      ActiveSegment active) {
    this.directory = directory;
    this.mapped = mapped;
    this.sealed = new ArrayList<>(sealed);
    this.active = active;
  }

  ActiveSegment active() {
    return active;
  }

  /** As readers see them. */
  List<Segment> shown() {
    List<Segment> segments = new ArrayList<>(sealed.size() + 1);
    sealed.forEach(segment -> segments.add(segment.segment()));
    segments.add(active.segment());
    return segments;
  }

  /** As a manifest names them. */
  List<Manifest.SegmentRecord> records() {
    List<Manifest.SegmentRecord> records = new ArrayList<>(sealed.size() + 1);
    sealed.forEach(segment -> records.add(segment.stored()));
    records.add(Manifest.SegmentRecord.active(active.start()));
    return records;
  }

  long diskBytes() {
    long bytes = active.diskBytes();
    for (SealedSegment segment : sealed) {
      bytes += segment.diskBytes();
    }
    return bytes;
  }

  /** The segment that holds an entry; the first one for what lies before all. */
  Segment holderOf(long index) {
    Segment holder = active.segment();
    for (int i = sealed.size() - 1; i >= 0 && holder.start().index() > index; i--) {
      holder = sealed.get(i).segment();
    }
    return holder;
  }

  /** The active segment has ended so; {@link #begin} follows. */
  void ended(Manifest.SegmentRecord record) {
    retired.add(active.segment());
    sealed.add(sealed(record));
  }

  /** The segment to write to from now on. */
  void begin(ActiveSegment next) {
    active = next;
  }

  /** Removes the active segment, whose file is closed; {@link #begin} follows. */
  void discardActive() {
    discard(active.segment());
  }

  /** Removes the sealed segments that begin at an index or behind it. */
  void discardFrom(long index) {
    while (!sealed.isEmpty() && sealed.getLast().start().index() >= index) {
      discard(sealed.removeLast().segment());
    }
  }

  /** Removes the sealed segments before one of the log. */
  void discardBefore(Segment first) {
    while (!sealed.isEmpty() && sealed.getFirst().start().index() < first.start().index()) {
      discard(sealed.removeFirst().segment());
    }
  }

  /** Ends the last sealed segment before an entry, whose frame begins at a position. */
  void cutLastSealed(long index, int endPosition) {
    SealedSegment last = sealed.removeLast();
    retired.add(last.segment());
    Mapping mapping = last.segment().acquire();
    try {
      int rows = last.segment().lookup(mapping).rowsBelow(index);
      Manifest.SegmentRecord whole = last.stored();
      sealed.add(
          sealed(new Manifest.SegmentRecord(whole.start(), endPosition, whole.fileBytes(), rows)));
    } finally {
      mapping.release();
    }
  }

  /**
   * Puts a rewritten segment in the place of the one it was made from.
   *
   * @return whether that is still the log's; if not, the new file is of no use
   */
  boolean replace(Manifest.SegmentRecord old, Manifest.SegmentRecord rewritten) {
    for (int i = 0; i < sealed.size(); i++) {
      SealedSegment segment = sealed.get(i);
      if (segment.stored().equals(old)) {
        discard(segment.segment());
        sealed.set(i, sealed(rewritten));
        return true;
      }
    }
    obsolete(rewritten.start());
    return false;
  }

  boolean hasSealed() {
    return !sealed.isEmpty();
  }

  private SealedSegment sealed(Manifest.SegmentRecord record) {
    return new SealedSegment(record, Segment.sealed(directory, record, mapped));
  }

  private void discard(Segment segment) {
    retired.add(segment);
    obsolete(segment.start());
  }

  private void obsolete(SegmentStart start) {
    obsolete.add(start.fileName());
    obsolete.add(start.lookupName());
  }

  /** A file that the newest manifest has replaced. */
  void obsolete(String name) {
    obsolete.add(name);
  }

  /** Retires segments and removes files that were replaced. */
  void release() throws IOException {
    retired.forEach(Segment::retire);
    retired.clear();
    for (String name : obsolete) {
      Files.deleteIfExists(directory.file(name));
    }
    obsolete.clear();
  }

  /** Ends reading. */
  void retireAll() {
    sealed.forEach(segment -> segment.segment().retire());
    active.segment().retire();
    retired.forEach(Segment::retire);
  }
}
