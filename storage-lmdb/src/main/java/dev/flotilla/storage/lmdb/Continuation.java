package dev.flotilla.storage.lmdb;

import dev.flotilla.storage.Entry;
import dev.flotilla.storage.EntryHeader;
import java.util.List;

/**
 * What the next entry of a log must continue.
 *
 * @param index its index
 * @param term its term is this or later
 * @param offset its base offset is this or higher
 */
record Continuation(long index, long term, long offset) {

  /** What continues a view. */
  static Continuation behind(LogView view) {
    long term = view.endTerm();
    return new Continuation(view.endIndex(), term, view.endOffset());
  }

  /**
   * What continues these entries.
   *
   * @throws IllegalArgumentException if they do not continue this
   */
  Continuation behind(List<Entry> entries, int maxEntryBytes) {
    Continuation next = this;
    for (Entry entry : entries) {
      EntryHeader header = entry.header();
      if (header.index() != next.index
          || header.term() < next.term
          || header.baseOffset() < next.offset) {
        throw new IllegalArgumentException(
            "entry %d in term %d at offset %d does not continue %s"
                .formatted(header.index(), header.term(), header.baseOffset(), next));
      }
      long bytes = (long) header.encodedBytes() + entry.payload().remaining();
      if (bytes > maxEntryBytes) {
        throw new IllegalArgumentException(
            "entry %d has %d bytes, more than %d".formatted(header.index(), bytes, maxEntryBytes));
      }
      next = new Continuation(header.index() + 1, header.term(), header.endOffset());
    }
    return next;
  }
}
