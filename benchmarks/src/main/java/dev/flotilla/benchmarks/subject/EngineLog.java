package dev.flotilla.benchmarks.subject;

import dev.flotilla.storage.BatchExtent;
import dev.flotilla.storage.Entry;
import dev.flotilla.storage.EntryHeader;
import dev.flotilla.storage.EntryKind;
import dev.flotilla.storage.LogStore;
import dev.flotilla.storage.LogStore.FirstBatch;
import dev.flotilla.storage.Slice;
import dev.flotilla.storage.WriteSet;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;

/**
 * A log of an engine. Each payload is an entry of one batch of one record, so that index and offset
 * are the same; the entry's time is its offset in ms. Headers are made anew for each entry, as Raft
 * does; the running digest is Raft's work and left out.
 */
public final class EngineLog implements SubjectLog {

  private static final ByteBuffer NO_ATTRIBUTES = ByteBuffer.allocate(0);

  private final Pages pages = new Pages();
  private final LogStore store;
  private long next;

  /** Continues a log of an engine that is empty or was written by this class. */
  public EngineLog(LogStore store) {
    this.store = store;
    this.next = store.endIndex();
  }

  @Override
  public CompletableFuture<Void> append(List<ByteBuffer> payloads) {
    if (payloads.size() == 1) {
      return store.write(WriteSet.append(List.of(entry(payloads.getFirst()))));
    }
    List<Entry> entries = new ArrayList<>(payloads.size());
    for (ByteBuffer payload : payloads) {
      entries.add(entry(payload));
    }
    return store.write(WriteSet.append(entries));
  }

  private Entry entry(ByteBuffer payload) {
    long index = next++;
    EntryHeader header =
        new EntryHeader(
            index,
            1,
            EntryKind.DATA,
            index,
            1,
            index,
            index,
            index,
            0,
            List.of(new BatchExtent(payload.remaining(), 0)),
            NO_ATTRIBUTES);
    return new Entry(header, payload);
  }

  @Override
  public int read(long offset, int maxBytes) {
    try (Slice slice = store.batches(offset, store.endOffset(), maxBytes, FirstBatch.WHOLE)) {
      for (ByteBuffer part : slice.buffers()) {
        pages.touch(part);
      }
      return slice.bytes();
    }
  }

  @Override
  public long find(long offset) {
    return store.indexOfOffset(offset).orElseThrow();
  }

  /** Finds the first entry at or after a time. */
  public long findTime(long timestampMs) {
    return store.indexOfTime(timestampMs).orElseThrow();
  }
}
