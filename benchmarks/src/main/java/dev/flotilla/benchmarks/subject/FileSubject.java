package dev.flotilla.benchmarks.subject;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;

/**
 * A file for each log and {@code write} for each append. Where appends are synced, {@code
 * fdatasync} follows, and the file was filled with zeros before: then only bytes must reach the
 * device, and no file size or extent. At its end the next append begins at its start again.
 */
final class FileSubject implements Subject {

  private final SubjectContext context;
  private final List<Log> logs = new ArrayList<>();

  FileSubject(SubjectContext context) {
    this.context = context;
  }

  @Override
  public SubjectLog newLog() {
    try {
      FileChannel channel =
          FileChannel.open(
              context.directory().resolve("log-" + logs.size()),
              StandardOpenOption.CREATE_NEW,
              StandardOpenOption.READ,
              StandardOpenOption.WRITE);
      if (context.isSynced()) {
        Zeros.fill(channel, context.preallocatedBytes());
      }
      Log log = new Log(channel, context);
      logs.add(log);
      return log;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Override
  public void close() {
    try {
      for (Log log : logs) {
        log.channel.close();
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static final class Log implements SubjectLog {

    private final FileChannel channel;
    private final boolean synced;
    private final int preallocatedBytes;
    private final Pages pages = new Pages();
    private final ByteBuffer target =
        ByteBuffer.allocateDirect(SubjectContext.LARGEST_PAYLOAD_BYTES);
    private int payloadBytes;
    private long position;

    Log(FileChannel channel, SubjectContext context) {
      this.channel = channel;
      this.synced = context.isSynced();
      this.preallocatedBytes = context.preallocatedBytes();
    }

    @Override
    public CompletableFuture<Void> append(List<ByteBuffer> payloads) {
      try {
        payloadBytes = payloads.getFirst().remaining();
        long bytes = (long) payloadBytes * payloads.size();
        if (synced && position + bytes > preallocatedBytes) {
          channel.position(0);
          position = 0;
        }
        write(payloads, bytes);
        position += bytes;
        if (synced) {
          channel.force(false);
        }
        return DONE;
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }

    private void write(List<ByteBuffer> payloads, long bytes) throws IOException {
      if (payloads.size() == 1) {
        channel.write(payloads.getFirst().duplicate());
        return;
      }
      ByteBuffer[] parts = payloads.stream().map(ByteBuffer::duplicate).toArray(ByteBuffer[]::new);
      long written = 0;
      while (written < bytes) {
        written += channel.write(parts);
      }
    }

    @Override
    public int read(long offset, int maxBytes) {
      try {
        long position = offset * payloadBytes;
        long fitting = Math.max(1, maxBytes / payloadBytes) * (long) payloadBytes;
        target.clear().limit((int) Math.min(fitting, channel.size() - position));
        while (target.hasRemaining()) {
          channel.read(target, position + target.position());
        }
        pages.touch(target.flip());
        return target.limit();
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }

    @Override
    public long find(long offset) {
      return offset * payloadBytes;
    }
  }
}
