package dev.flotilla.server.testing;

import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import org.apache.kafka.common.network.TransferableChannel;

/** Takes all it is given, counts it, and allocates nothing. */
public final class DiscardingChannel implements TransferableChannel {

  private long taken;

  /** How many bytes it was given. */
  public long taken() {
    return taken;
  }

  @Override
  public int write(ByteBuffer source) {
    int bytes = source.remaining();
    source.position(source.limit());
    taken += bytes;
    return bytes;
  }

  @Override
  public long write(ByteBuffer[] sources, int offset, int length) {
    long written = 0;
    for (int i = offset; i < offset + length; i++) {
      written += write(sources[i]);
    }
    return written;
  }

  @Override
  public long write(ByteBuffer[] sources) {
    return write(sources, 0, sources.length);
  }

  @Override
  public boolean hasPendingWrites() {
    return false;
  }

  @Override
  public long transferFrom(FileChannel file, long position, long count) {
    throw new UnsupportedOperationException();
  }

  @Override
  public boolean isOpen() {
    return true;
  }

  @Override
  public void close() {}
}
