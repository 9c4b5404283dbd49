package dev.flotilla.storage;

import java.util.List;

/**
 * What the next entry of a log must continue; for engines, which refuse what does not.
 *
 * @param index its index
 * @param term its term is this or later
 * @param offset its base offset is this or higher
 */
public record Continuation(long index, long term, long offset) {

  /** What continues an empty log. */
  public static Continuation behind(LogBase base) {
    return new Continuation(base.index() + 1, base.term(), base.offset());
  }

  /** What continues an entry. */
  public static Continuation behind(EntryHeader header) {
    return new Continuation(header.index() + 1, header.term(), header.endOffset());
  }

  /**
   * What continues these entries.
   *
   * @param maxEntryBytes the most that header and payload of one may have together
   * @throws IllegalArgumentException if they do not continue this, or one is too large
   */
  public Continuation behind(List<Entry> entries, int maxEntryBytes) {
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
      next = behind(header);
    }
    return next;
  }
}
