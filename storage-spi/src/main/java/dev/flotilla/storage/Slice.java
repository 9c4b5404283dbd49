package dev.flotilla.storage;

import java.nio.ByteBuffer;
import java.util.List;

/**
 * Bytes of a log that an engine lends. What the buffers show does not change and stays mapped until
 * the slice is closed, whatever happens to the log meanwhile; afterwards they must not be touched.
 * Closed once, by its last user, on any thread. The buffers are read-only and have positions and
 * limits of their own.
 */
public interface Slice extends AutoCloseable {

  /** Lent nothing. */
  Slice EMPTY =
      new Slice() {
        @Override
        public List<ByteBuffer> buffers() {
          return List.of();
        }

        @Override
        public int bytes() {
          return 0;
        }

        @Override
        public void close() {}
      };

  /** The bytes, in order; a payload comes in one buffer, batches of several entries in several. */
  List<ByteBuffer> buffers();

  /** How many bytes all buffers show. */
  int bytes();

  @Override
  void close();
}
