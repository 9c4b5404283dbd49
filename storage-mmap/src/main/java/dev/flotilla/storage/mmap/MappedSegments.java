package dev.flotilla.storage.mmap;

import java.util.ArrayDeque;
import java.util.Deque;

/**
 * The segments of an engine that are mapped, oldest mapping first. Beyond a limit the oldest is
 * unmapped, as soon as no slice shows it; its next reader maps it again. Safe for all threads.
 */
final class MappedSegments {

  private final int limit;
  private final Deque<Segment> segments = new ArrayDeque<>();

  MappedSegments(int limit) {
    this.limit = limit;
  }

  /** Takes note of a segment that was just mapped. Called without a segment's monitor. */
  void add(Segment segment) {
    Segment oldest;
    synchronized (this) {
      segments.add(segment);
      if (segments.size() <= limit) {
        return;
      }
      oldest = segments.remove();
    }
    oldest.unmap();
  }

  /** Forgets a segment that will not be mapped again. */
  synchronized void remove(Segment segment) {
    segments.removeIf(mapped -> mapped.equals(segment));
  }

  synchronized int count() {
    return segments.size();
  }
}
