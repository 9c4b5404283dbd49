package dev.flotilla.storage.mmap;

import dev.flotilla.storage.Entry;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.List;

/**
 * What was pending of one log when a flusher thread took it: done in order, with one sync for all
 * writes. Used once, by one thread.
 */
final class Turn {

  private final List<LogOperation> operations;
  private final LogWriter writer;
  private final long started = System.nanoTime();
  private int entries;
  private long bytes;

  /** Whether something was written that {@link LogWriter#flush} has not made durable yet. */
  private boolean unflushed;

  Turn(List<LogOperation> operations, LogWriter writer) {
    this.operations = operations;
    this.writer = writer;
  }

  void perform(ByteBuffer buffer) throws IOException {
    writer.use(buffer);
    for (LogOperation operation : operations) {
      switch (operation) {
        case LogOperation.Write write -> write(write);
        case LogOperation.Drop drop -> writer.dropPrefix(drop.base());
        case LogOperation.Reset reset -> writer.reset(reset.base());
        case LogOperation.Replace replace -> writer.replace(replace.old(), replace.rewritten());
        case LogOperation.Mark _ -> mark();
        case LogOperation.Close _ -> {
          flush();
          writer.close();
        }
      }
    }
    flush();
  }

  private void write(LogOperation.Write write) throws IOException {
    writer.write(write.set());
    unflushed = true;
    entries += write.set().entries().size();
    for (Entry entry : write.set().entries()) {
      bytes += (long) entry.header().encodedBytes() + entry.payload().remaining();
    }
  }

  /** The log is not at rest if something was written just now; the next entry carries the mark. */
  private void mark() throws IOException {
    if (!unflushed) {
      writer.mark();
    }
  }

  private void flush() throws IOException {
    if (unflushed) {
      writer.flush(entries, bytes, started);
      unflushed = false;
    }
  }
}
