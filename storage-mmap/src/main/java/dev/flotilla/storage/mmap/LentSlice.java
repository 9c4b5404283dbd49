package dev.flotilla.storage.mmap;

import dev.flotilla.storage.Slice;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;

/** Parts of mapped segments; keeps them mapped until it is closed. */
final class LentSlice implements Slice {

  private final List<ByteBuffer> buffers;
  private final int bytes;
  private final List<Mapping> mappings;
  private final AtomicBoolean closed = new AtomicBoolean();

  /**
   * A slice.
   *
   * @param mappings each was retained once for this slice
   */
  LentSlice(List<ByteBuffer> buffers, List<Mapping> mappings) {
    this.buffers = List.copyOf(buffers);
    this.mappings = List.copyOf(mappings);
    int total = 0;
    for (ByteBuffer buffer : buffers) {
      total += buffer.remaining();
    }
    this.bytes = total;
  }

  @Override
  public List<ByteBuffer> buffers() {
    return buffers;
  }

  @Override
  public int bytes() {
    return bytes;
  }

  @Override
  public void close() {
    if (closed.compareAndSet(false, true)) {
      mappings.forEach(Mapping::release);
    }
  }
}
