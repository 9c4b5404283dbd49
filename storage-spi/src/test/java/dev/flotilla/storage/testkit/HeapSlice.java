package dev.flotilla.storage.testkit;

import dev.flotilla.storage.Slice;
import java.nio.ByteBuffer;
import java.util.List;

/** Lends buffers of the heap, which nobody has to give back. */
final class HeapSlice implements Slice {

  private final List<ByteBuffer> buffers;

  HeapSlice(List<ByteBuffer> buffers) {
    this.buffers = buffers.stream().map(ByteBuffer::asReadOnlyBuffer).toList();
  }

  @Override
  public List<ByteBuffer> buffers() {
    return buffers;
  }

  @Override
  public int bytes() {
    return buffers.stream().mapToInt(ByteBuffer::remaining).sum();
  }

  @Override
  public void close() {}
}
