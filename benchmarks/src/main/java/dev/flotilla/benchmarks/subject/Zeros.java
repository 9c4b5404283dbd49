package dev.flotilla.benchmarks.subject;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;

/** Preallocates files, as stores do that sync each append. */
final class Zeros {

  private static final int STEP_BYTES = 1 << 20;

  private Zeros() {}

  /** Fills an empty file, durably: its blocks are written and its size does not change later. */
  static void fill(FileChannel channel, long bytes) throws IOException {
    ByteBuffer zeros = ByteBuffer.allocateDirect(STEP_BYTES);
    for (long position = 0; position < bytes; position += STEP_BYTES) {
      channel.write(zeros.clear(), position);
    }
    channel.force(true);
  }
}
