package com.example.plain;

import dev.flotilla.storage.Slice;
import java.nio.ByteBuffer;
import java.util.List;

/** Bytes that were copied to the heap: nothing that happens to the log concerns them. */
record HeapSlice(List<ByteBuffer> buffers) implements Slice {

  @Override
  public int bytes() {
    return buffers.stream().mapToInt(ByteBuffer::remaining).sum();
  }

  @Override
  public void close() {}
}
