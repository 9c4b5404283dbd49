package dev.flotilla.server.network;

import java.io.IOException;
import java.nio.ByteBuffer;
import org.apache.kafka.common.network.TransferableChannel;
import org.apache.kafka.common.record.internal.RecordsSend;

/** Gathers the buffers of {@link SliceRecords} into a channel, over as many writes as it takes. */
final class SliceRecordsSend extends RecordsSend<SliceRecords> {

  private final ByteBuffer[] views;
  // All views before this one are written out.
  private int next;

  SliceRecordsSend(SliceRecords records) {
    super(records, records.sizeInBytes());
    this.views = records.views();
  }

  @Override
  protected int writeTo(TransferableChannel channel, int previouslyWritten, int remaining)
      throws IOException {
    // The channel moves the positions of what it took; a full socket takes a part or nothing. What
    // it takes at once never exceeds the int that all buffers sum up to.
    int written = (int) channel.write(views, next, views.length - next);
    while (next < views.length && !views[next].hasRemaining()) {
      next++;
    }
    return written;
  }
}
