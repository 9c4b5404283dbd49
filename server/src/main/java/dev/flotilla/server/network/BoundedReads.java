package dev.flotilla.server.network;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import org.apache.kafka.common.network.ListenerName;
import org.apache.kafka.common.network.PlaintextChannelBuilder;
import org.apache.kafka.common.network.PlaintextTransportLayer;

/**
 * Plaintext channels that read a bounded number of bytes at a time.
 *
 * <p>A read into heap memory goes through a direct buffer as large as all that is left of the
 * frame, which the JDK allocates and keeps for the thread: a client that merely announces 100 MB
 * would cost each loop 100 MB of direct memory. It is also fair to the loop's other connections.
 */
final class BoundedReads extends PlaintextChannelBuilder {

  private static final int BYTES_AT_A_TIME = 256 * 1024;

  BoundedReads(ListenerName listenerName) {
    super(listenerName);
  }

  @Override
  protected PlaintextTransportLayer buildTransportLayer(SelectionKey key) {
    return new Transport(key);
  }

  private static final class Transport extends PlaintextTransportLayer {

    Transport(SelectionKey key) {
      super(key);
    }

    @Override
    public int read(ByteBuffer into) throws IOException {
      int limit = into.limit();
      into.limit(into.position() + Math.min(into.remaining(), BYTES_AT_A_TIME));
      try {
        return super.read(into);
      } finally {
        into.limit(limit);
      }
    }
  }
}
