package com.example.plain;

import dev.flotilla.storage.Entry;
import dev.flotilla.storage.EntryCompactor;
import dev.flotilla.storage.EntryCompactor.Outcome;
import dev.flotilla.storage.EntryHeader;
import dev.flotilla.storage.EntryKind;
import java.nio.ByteBuffer;
import java.util.List;

/** What a compactor leaves of the data entries {@code [from, to)}. */
record Compaction(long from, long to, EntryCompactor compactor) implements LogWriter.Change {

  @Override
  public Entry apply(EntryHeader header, ByteBuffer payload) {
    if (header.index() < from || header.index() >= to || header.kind() != EntryKind.DATA) {
      return new Entry(header, payload);
    }
    ByteBuffer nothing = ByteBuffer.allocate(0);
    return switch (compactor.compact(header, new HeapSlice(List.of(payload)))) {
      case Outcome.Keep() -> new Entry(header, payload);
      case Outcome.Empty() ->
          new Entry(header.compacted(EntryKind.EMPTIED, List.of(), nothing), nothing);
      case Outcome.Replace(var batches, var attributes, var left) ->
          new Entry(header.compacted(EntryKind.DATA, batches, attributes), left);
    };
  }
}
