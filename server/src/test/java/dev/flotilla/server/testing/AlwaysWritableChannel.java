package dev.flotilla.server.testing;

import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import org.apache.kafka.common.network.TransferableChannel;

/** A channel that takes all it is given at once; what becomes of it, the subclass says. */
abstract class AlwaysWritableChannel implements TransferableChannel {

  @Override
  public abstract int write(ByteBuffer source);

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
