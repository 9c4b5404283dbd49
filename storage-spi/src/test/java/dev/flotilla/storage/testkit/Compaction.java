package dev.flotilla.storage.testkit;

import dev.flotilla.storage.Entry;
import dev.flotilla.storage.EntryCompactor;
import dev.flotilla.storage.EntryCompactor.Outcome;
import dev.flotilla.storage.EntryKind;
import java.nio.ByteBuffer;
import java.util.List;

/** What compaction makes of one entry. */
final class Compaction {

  private Compaction() {}

  /** The entry as a compactor leaves it; one that holds no data is not shown to it. */
  static Entry compact(Entry entry, EntryCompactor compactor) {
    if (entry.header().kind() != EntryKind.DATA) {
      return entry;
    }
    Outcome outcome = compactor.compact(entry.header(), new HeapSlice(List.of(entry.payload())));
    return switch (outcome) {
      case Outcome.Keep() -> entry;
      case Outcome.Empty() -> emptied(entry);
      case Outcome.Replace(var batches, var attributes, var payload) ->
          new Entry(
              entry.header().compacted(EntryKind.DATA, batches, copyOf(attributes)),
              copyOf(payload).asReadOnlyBuffer());
    };
  }

  /** The entry after all its records are gone. */
  static Entry emptied(Entry entry) {
    ByteBuffer nothing = ByteBuffer.allocate(0);
    return new Entry(entry.header().compacted(EntryKind.EMPTIED, List.of(), nothing), nothing);
  }

  private static ByteBuffer copyOf(ByteBuffer bytes) {
    return ByteBuffer.allocate(bytes.remaining()).put(bytes.duplicate()).flip();
  }
}
