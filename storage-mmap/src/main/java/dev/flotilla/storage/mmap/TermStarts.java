package dev.flotilla.storage.mmap;

import dev.flotilla.storage.TermStart;
import java.util.ArrayList;
import java.util.List;

/** Where the terms of a log begin, by rising index. Used by one thread at a time. */
final class TermStarts {

  private final List<TermStart> starts;

  /** Replaced when the list changes, so that most views share one. */
  private List<TermStart> image;

  TermStarts(List<TermStart> starts) {
    this.starts = new ArrayList<>(starts);
    this.image = List.copyOf(starts);
  }

  /** Takes note of the entry that follows the last one. */
  void append(long term, long index, long baseOffset) {
    if (starts.isEmpty() || starts.getLast().term() != term) {
      starts.add(new TermStart(term, index, baseOffset));
      image = List.copyOf(starts);
    }
  }

  /** Forgets entries from an index on. */
  void truncate(long fromIndex) {
    if (starts.removeIf(start -> start.index() >= fromIndex)) {
      image = List.copyOf(starts);
    }
  }

  /** Forgets entries before one that becomes the first. */
  void dropBefore(TermStart first) {
    starts.removeIf(start -> start.index() <= first.index());
    starts.addFirst(first);
    image = List.copyOf(starts);
  }

  List<TermStart> all() {
    return image;
  }

  /** Those of entries below an index. */
  List<TermStart> below(long index) {
    return image.stream().filter(start -> start.index() < index).toList();
  }
}
