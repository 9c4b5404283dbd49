package dev.flotilla.storage.testkit;

import dev.flotilla.storage.Entry;
import dev.flotilla.storage.LogStore;
import dev.flotilla.storage.LogStore.FirstBatch;
import dev.flotilla.storage.Slice;
import dev.flotilla.storage.WriteSet;
import java.nio.ByteBuffer;
import java.util.List;

/** Copies what logs lend. */
final class LogReader {

  private LogReader() {}

  /** A slice's bytes in one buffer; the slice stays open. */
  static ByteBuffer copy(Slice slice) {
    return join(slice.buffers());
  }

  /** The bytes of buffers, one after the other. */
  static ByteBuffer join(List<ByteBuffer> buffers) {
    ByteBuffer joined = ByteBuffer.allocate(buffers.stream().mapToInt(ByteBuffer::remaining).sum());
    buffers.forEach(buffer -> joined.put(buffer.duplicate()));
    return joined.flip();
  }

  static ByteBuffer payload(LogStore log, long index) {
    try (Slice slice = log.payload(index)) {
      return copy(slice);
    }
  }

  static ByteBuffer batches(
      LogStore log, long offset, long endOffset, int maxBytes, FirstBatch firstBatch) {
    try (Slice slice = log.batches(offset, endOffset, maxBytes, firstBatch)) {
      return copy(slice);
    }
  }

  static Entry entry(LogStore log, long index) {
    return new Entry(log.header(index), payload(log, index));
  }

  /** All that a log holds; nobody may write or compact meanwhile. */
  static LogContent content(LogStore log) {
    LogContent content = new LogContent(log.base());
    for (long index = log.base().index() + 1; index < log.endIndex(); index++) {
      content.apply(WriteSet.append(List.of(entry(log, index))));
    }
    return content;
  }
}
