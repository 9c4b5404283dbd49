package dev.flotilla.storage.lmdb;

import dev.flotilla.storage.Slice;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;

/** A copy in a pooled buffer, which goes back when the slice is closed. */
final class LentBuffer implements Slice {

  private final BufferPool pool;
  private final ByteBuffer buffer;
  private final List<ByteBuffer> shown;
  private final AtomicBoolean closed = new AtomicBoolean();

  /** Shows a part of a buffer that came from the pool. */
  LentBuffer(BufferPool pool, ByteBuffer buffer, int from, int to) {
    this.pool = pool;
    this.buffer = buffer;
    this.shown = List.of(buffer.slice(from, to - from).asReadOnlyBuffer());
  }

  @Override
  public List<ByteBuffer> buffers() {
    return shown;
  }

  @Override
  public int bytes() {
    return shown.getFirst().capacity();
  }

  @Override
  public void close() {
    if (closed.compareAndSet(false, true)) {
      pool.give(buffer);
    }
  }
}
