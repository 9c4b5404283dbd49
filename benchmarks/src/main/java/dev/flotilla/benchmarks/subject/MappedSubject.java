package dev.flotilla.benchmarks.subject;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.concurrent.CompletableFuture;

/**
 * A memory map of a preallocated file for each log; an append copies into it, and forces the bytes
 * where it is to be synced. At the end of the map the next append begins at its start again. The
 * least that an append can cost, and nothing that could be a log: the end is nowhere written.
 */
final class MappedSubject implements Subject {

  private final SubjectContext context;
  private final Arena arena = Arena.ofShared();
  private int logs;

  MappedSubject(SubjectContext context) {
    this.context = context;
  }

  @Override
  public SubjectLog newLog() {
    try (FileChannel channel =
        FileChannel.open(
            context.directory().resolve("log-" + logs++),
            StandardOpenOption.CREATE_NEW,
            StandardOpenOption.READ,
            StandardOpenOption.WRITE)) {
      int bytes = context.preallocatedBytes();
      Zeros.fill(channel, bytes);
      return new Log(
          channel.map(FileChannel.MapMode.READ_WRITE, 0, bytes, arena), context.isSynced());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Override
  public void close() {
    arena.close();
  }

  private static final class Log implements SubjectLog {

    private final Pages pages = new Pages();
    private final MemorySegment map;
    private final boolean synced;
    private long position;
    private int payloadBytes;

    Log(MemorySegment map, boolean synced) {
      this.map = map;
      this.synced = synced;
    }

    @Override
    public CompletableFuture<Void> append(List<ByteBuffer> payloads) {
      payloadBytes = payloads.getFirst().remaining();
      if (position + (long) payloadBytes * payloads.size() > map.byteSize()) {
        position = 0;
      }
      long from = position;
      for (ByteBuffer payload : payloads) {
        MemorySegment.copy(MemorySegment.ofBuffer(payload), 0, map, position, payload.remaining());
        position += payload.remaining();
      }
      if (synced) {
        map.asSlice(from, position - from).force();
      }
      return DONE;
    }

    @Override
    public int read(long offset, int maxBytes) {
      long fitting = Math.max(1, maxBytes / payloadBytes) * (long) payloadBytes;
      long from = offset * payloadBytes % (map.byteSize() / payloadBytes * payloadBytes);
      int bytes = (int) Math.min(fitting, map.byteSize() - from);
      pages.touch(map.asSlice(from, bytes).asByteBuffer());
      return bytes;
    }

    @Override
    public long find(long offset) {
      return offset * payloadBytes;
    }
  }
}
