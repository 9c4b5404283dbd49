package dev.flotilla.benchmarks.subject;

import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import org.apache.kafka.common.record.internal.FileRecords;
import org.apache.kafka.common.record.internal.MemoryRecords;
import org.apache.kafka.common.utils.Time;
import org.apache.kafka.storage.internals.log.FetchDataInfo;
import org.apache.kafka.storage.internals.log.LogConfig;
import org.apache.kafka.storage.internals.log.LogSegment;

/**
 * Kafka's log segments with their indexes, as a broker appends to them and reads them, without what
 * a broker does around it. Where appends are synced each is followed by the segment's own flush,
 * which syncs the indexes too.
 */
final class KafkaSubject implements Subject {

  private final SubjectContext context;
  private final List<Log> logs = new ArrayList<>();

  KafkaSubject(SubjectContext context) {
    this.context = context;
  }

  @Override
  public SubjectLog newLog() {
    try {
      Path directory = context.directory().resolve("log-" + logs.size());
      Files.createDirectories(directory);
      Log log = new Log(directory.toFile(), context.isSynced());
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
        log.close();
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static final class Log implements SubjectLog {

    private static final LogConfig CONFIG = new LogConfig(Map.of());

    private final File directory;
    private final boolean synced;
    private final TreeMap<Long, LogSegment> segments = new TreeMap<>();
    private final Pages pages = new Pages();
    private final ByteBuffer target =
        ByteBuffer.allocateDirect(SubjectContext.LARGEST_PAYLOAD_BYTES);

    /** The newest of the segments. */
    private LogSegment active;

    private long next;

    Log(File directory, boolean synced) throws IOException {
      this.directory = directory;
      this.synced = synced;
      this.active = newSegment(0);
    }

    private LogSegment newSegment(long baseOffset) throws IOException {
      LogSegment segment = LogSegment.open(directory, baseOffset, CONFIG, Time.SYSTEM, 0, false);
      segments.put(baseOffset, segment);
      return segment;
    }

    @Override
    public CompletableFuture<Void> append(List<ByteBuffer> payloads) {
      try {
        for (ByteBuffer payload : payloads) {
          append(payload);
        }
        if (synced) {
          active.flush();
        }
        return DONE;
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }

    private void append(ByteBuffer payload) throws IOException {
      if (active.size() > SubjectContext.SEGMENT_BYTES - payload.remaining()) {
        active.onBecomeInactiveSegment();
        if (synced) {
          active.flush();
        }
        active = newSegment(next);
      }
      MemoryRecords records = MemoryRecords.readableRecords(payload);
      records.batches().iterator().next().setLastOffset(next);
      active.append(next, records);
      next++;
    }

    /** Into memory, where a broker would leave the bytes to sendfile. */
    @Override
    public int read(long offset, int maxBytes) {
      try {
        LogSegment segment = segments.floorEntry(offset).getValue();
        Optional<Long> end = Optional.of((long) segment.size());
        FetchDataInfo read = segment.read(offset, maxBytes, end, true);
        FileRecords records = (FileRecords) read.records;
        target.clear().limit(Math.min(records.sizeInBytes(), target.capacity()));
        records.readInto(target, 0);
        pages.touch(target);
        return target.limit();
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }

    @Override
    public long find(long offset) {
      try {
        return segments.floorEntry(offset).getValue().translateOffset(offset).position;
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }

    void close() throws IOException {
      for (LogSegment segment : segments.values()) {
        segment.close();
      }
    }
  }
}
