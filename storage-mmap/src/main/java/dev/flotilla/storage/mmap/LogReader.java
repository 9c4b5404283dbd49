package dev.flotilla.storage.mmap;

import dev.flotilla.storage.EntryHeader;
import dev.flotilla.storage.EntryKind;
import dev.flotilla.storage.LogStore.FirstBatch;
import dev.flotilla.storage.Slice;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.OptionalLong;
import java.util.function.Consumer;

/**
 * Reads of one view of a log. Every method throws {@link RetiredSegmentException} when a segment of
 * the view was retired meanwhile: the caller reads again with the log's present view.
 */
record LogReader(LogView view) {

  EntryHeader header(long index) {
    try (FrameCursor cursor = cursor(view.segmentOfIndex(index))) {
      return headerOf(cursor, cursor.seekIndex(index).find(index), index);
    }
  }

  private static EntryHeader headerOf(FrameCursor cursor, Frame frame, long index) {
    EntryHeader first = cursor.header(frame);
    return index == frame.index() ? first : laterInRange(first, index);
  }

  /** The header of an emptied entry that is stored with others, of which it is not the first. */
  private static EntryHeader laterInRange(EntryHeader first, long index) {
    return new EntryHeader(
        index,
        first.term(),
        EntryKind.EMPTIED,
        first.endOffset(),
        0,
        first.appendTimeMs(),
        first.maxTimestampMs(),
        first.largestTimestampMs(),
        first.digest(),
        List.of(),
        first.attributes());
  }

  /**
   * Shows headers of one segment.
   *
   * @return the index to go on from
   */
  long headers(long fromIndex, long toIndex, Consumer<EntryHeader> consumer) {
    int place = view.segmentOfIndex(fromIndex);
    long end = Math.min(toIndex, view.endOfSegment(place));
    try (FrameCursor cursor = cursor(place)) {
      cursor.seekIndex(fromIndex);
      long index = fromIndex;
      while (index < end) {
        Frame frame = cursor.find(index);
        for (; index < Math.min(end, frame.endIndex()); index++) {
          consumer.accept(headerOf(cursor, frame, index));
        }
      }
      return end;
    }
  }

  Slice payload(long index) {
    try (FrameCursor cursor = cursor(view.segmentOfIndex(index))) {
      ByteBuffer payload = cursor.payload(cursor.seekIndex(index).find(index));
      return new LentSlice(List.of(payload), List.of(cursor.lend()));
    }
  }

  OptionalLong indexOfOffset(long offset) {
    for (int place = view.segmentOfOffset(offset); place < view.segments().size(); place++) {
      long end = view.endOfSegment(place);
      try (FrameCursor cursor = cursor(place)) {
        cursor.seekOffset(offset, end);
        while (cursor.point().index() < end) {
          Frame frame = cursor.next();
          if (frame.endOffset() > offset && frame.endOffset() > frame.baseOffset()) {
            return OptionalLong.of(frame.index());
          }
        }
      }
    }
    return OptionalLong.empty();
  }

  OptionalLong indexOfTime(long timestampMs) {
    for (int place = view.segmentOfTime(timestampMs); place < view.segments().size(); place++) {
      long end = view.endOfSegment(place);
      try (FrameCursor cursor = cursor(place)) {
        cursor.seekTime(timestampMs, end);
        while (cursor.point().index() < end) {
          Frame frame = cursor.next();
          if (frame.largestTimestampMs() >= timestampMs && frame.endIndex() > view.startIndex()) {
            return OptionalLong.of(Math.max(frame.index(), view.startIndex()));
          }
        }
      }
    }
    return OptionalLong.empty();
  }

  Slice batches(long offset, long endOffset, int maxBytes, FirstBatch firstBatch) {
    try (BatchCollector collector = new BatchCollector(offset, endOffset, maxBytes, firstBatch)) {
      collect(collector, offset, maxBytes);
      return collector.lend();
    }
  }

  private void collect(BatchCollector collector, long offset, int maxBytes) {
    int place = view.segmentOfOffset(offset);
    for (; place < view.segments().size() && collector.wantsMore(); place++) {
      long end = view.endOfSegment(place);
      try (FrameCursor cursor = cursor(place)) {
        cursor.seekOffset(offset, end);
        cursor.expect(maxBytes);
        while (cursor.point().index() < end && collector.wantsMore()) {
          collector.collect(cursor, cursor.next());
        }
      }
    }
  }

  private FrameCursor cursor(int place) {
    Segment segment = view.segments().get(place);
    return new FrameCursor(segment, segment.acquire());
  }
}
