package dev.flotilla.benchmarks.subject;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import net.openhft.chronicle.bytes.Bytes;
import net.openhft.chronicle.bytes.SyncMode;
import net.openhft.chronicle.queue.ChronicleQueue;
import net.openhft.chronicle.queue.ExcerptAppender;
import net.openhft.chronicle.queue.ExcerptTailer;
import net.openhft.chronicle.queue.impl.single.SingleChronicleQueueBuilder;
import net.openhft.chronicle.queue.rollcycles.LargeRollCycles;

/**
 * Chronicle Queue, a queue for each log. Where appends are synced each is followed by the
 * appender's sync, in the mode that waits for the device. Runs on this JDK with the flags that
 * {@code jvm-flags} has for it.
 */
final class ChronicleSubject implements Subject {

  private final SubjectContext context;
  private final List<Log> logs = new ArrayList<>();

  ChronicleSubject(SubjectContext context) {
    this.context = context;
  }

  @Override
  public SubjectLog newLog() {
    ChronicleQueue queue =
        SingleChronicleQueueBuilder.single(
                context.directory().resolve("log-" + logs.size()).toFile())
            .rollCycle(LargeRollCycles.LARGE_DAILY)
            .timeProvider(() -> 0)
            .syncMode(SyncMode.SYNC)
            .build();
    Log log = new Log(queue, context.isSynced());
    logs.add(log);
    return log;
  }

  @Override
  public void close() {
    logs.forEach(Log::close);
  }

  private static final class Log implements SubjectLog {

    private final ChronicleQueue queue;
    private final ExcerptAppender appender;
    private final ExcerptTailer tailer;
    private final boolean synced;
    private final Pages pages = new Pages();
    private final Bytes<ByteBuffer> excerpt =
        Bytes.elasticByteBuffer(SubjectContext.LARGEST_PAYLOAD_BYTES);

    Log(ChronicleQueue queue, boolean synced) {
      this.queue = queue;
      this.appender = queue.createAppender();
      this.tailer = queue.createTailer();
      this.synced = synced;
    }

    @Override
    public CompletableFuture<Void> append(List<ByteBuffer> payloads) {
      for (ByteBuffer payload : payloads) {
        appender.writeBytes(target -> target.write(Payloads.bytes(payload)));
      }
      if (synced) {
        appender.sync();
      }
      return DONE;
    }

    @Override
    public int read(long offset, int maxBytes) {
      tailer.moveToIndex(index(offset));
      excerpt.clear();
      long length = -1;
      while (tailer.readBytes(excerpt)) {
        if (length < 0) {
          length = excerpt.writePosition();
        }
        if (excerpt.writePosition() + length > maxBytes) {
          break;
        }
      }
      int bytes = (int) excerpt.writePosition();
      ByteBuffer read = excerpt.underlyingObject();
      pages.touch(read.clear().limit(bytes));
      return bytes;
    }

    @Override
    public long find(long offset) {
      tailer.moveToIndex(index(offset));
      return tailer.index();
    }

    private long index(long offset) {
      return queue.rollCycle().toIndex(0, offset);
    }

    void close() {
      tailer.close();
      appender.close();
      queue.close();
      excerpt.releaseLast();
    }
  }
}
