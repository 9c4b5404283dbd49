package dev.flotilla.server.testing;

import java.nio.ByteBuffer;

/** Takes all it is given, counts it, and allocates nothing. */
public final class DiscardingChannel extends AlwaysWritableChannel {

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
}
