package dev.flotilla.storage.lmdb;

import dev.flotilla.storage.Entry;
import dev.flotilla.storage.EntryCompactor;
import dev.flotilla.storage.EntryCompactor.Outcome;
import dev.flotilla.storage.EntryHeader;
import dev.flotilla.storage.EntryKind;
import dev.flotilla.storage.LogId;
import dev.flotilla.storage.Slice;
import dev.flotilla.storage.StorageException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletionException;
import org.jspecify.annotations.Nullable;

/**
 * Rewrites entries of one log beside its writer, on the thread that asks for it: reads them, has
 * them judged, and hands over what is to be put in their place, so many at a time as make one
 * transaction. An entry that is not any more what was read is left alone.
 */
final class LogCompactor {

  private static final int MAX_ENTRIES = 1000;

  /** Of payloads as they were and as they become: both are work for the transaction. */
  private static final long MAX_BYTES = 1 << 20;

  private static final ByteBuffer NOTHING = ByteBuffer.allocate(0);

  private final LogId id;
  private final LogQueue queue;
  private final LmdbLog log;

  LogCompactor(LogId id, LogQueue queue, LmdbLog log) {
    this.id = id;
    this.queue = queue;
    this.log = log;
  }

  /** As {@code LogStore.compact}, of a range that the log held when it was asked. */
  void compact(long fromIndex, long toIndex, EntryCompactor compactor) {
    List<LogOperation.Replacement> replacements = new ArrayList<>();
    long bytes = 0;
    for (long index = fromIndex; index < toIndex; index++) {
      queue.checkTaking();
      LogOperation.Replacement replacement = judged(index, compactor);
      if (replacement != null) {
        replacements.add(replacement);
        bytes += replacement.entry().payload().remaining() + replacement.before().payloadBytes();
      }
      if (replacements.size() >= MAX_ENTRIES || bytes >= MAX_BYTES) {
        replace(replacements);
        replacements = new ArrayList<>();
        bytes = 0;
      }
    }
    if (!replacements.isEmpty()) {
      replace(replacements);
    }
  }

  /** What is to be put in the place of an entry, null if it stays or is gone. */
  private LogOperation.@Nullable Replacement judged(long index, EntryCompactor compactor) {
    try {
      StoredEntry stored = log.entry(index);
      EntryHeader header = stored.header();
      if (header.kind() != EntryKind.DATA) {
        return null;
      }
      try (Slice payload = log.payload(index)) {
        return switch (compactor.compact(header, payload)) {
          case Outcome.Keep() -> null;
          case Outcome.Empty() ->
              new LogOperation.Replacement(
                  new Entry(header.compacted(EntryKind.EMPTIED, List.of(), NOTHING), NOTHING),
                  stored);
          case Outcome.Replace(var batches, var attributes, var left) ->
              new LogOperation.Replacement(
                  new Entry(
                      header.compacted(EntryKind.DATA, batches, copyOf(attributes)), copyOf(left)),
                  stored);
        };
      }
    } catch (IndexOutOfBoundsException cutOrDropped) {
      queue.checkOpen();
      return null;
    }
  }

  /** The compactor may have answered with memory that was lent to it. */
  private static ByteBuffer copyOf(ByteBuffer bytes) {
    return ByteBuffer.allocate(bytes.remaining()).put(bytes.duplicate()).flip();
  }

  private void replace(List<LogOperation.Replacement> replacements) {
    try {
      queue.replace(replacements).join();
    } catch (CompletionException e) {
      throw new StorageException("compact log " + id, LogQueue.causeOf(e));
    }
  }
}
