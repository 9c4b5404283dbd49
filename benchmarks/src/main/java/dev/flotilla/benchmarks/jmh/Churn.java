package dev.flotilla.benchmarks.jmh;

import dev.flotilla.benchmarks.subject.EngineLog;
import dev.flotilla.benchmarks.subject.SubjectContext;
import dev.flotilla.benchmarks.subject.Subjects;
import dev.flotilla.storage.EngineContext;
import dev.flotilla.storage.Entry;
import dev.flotilla.storage.FlushMode;
import dev.flotilla.storage.LogStore;
import dev.flotilla.storage.Slice;
import dev.flotilla.storage.StorageEngine;
import dev.flotilla.storage.WriteSet;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Stream;

/**
 * What happens to the logs of an engine, hour after hour: all of them are appended to, a little at
 * a time and in turn, in entries of 100 B to 200 KB; retention drops what is more than each
 * retains; of a few the end is cut off, and a few are deleted and others created. So what is freed
 * lies scattered among what is not.
 */
final class Churn {

  /** So that retention gives them back, where an engine has any. */
  private static final int SEGMENT_BYTES = 512 << 10;

  /** An hour appends this part of what is retained. */
  private static final int HOURS_RETAINED = 6;

  private static final int WRITES_PER_HOUR = 8;
  private static final int WRITES_ON_THE_WAY = 64;
  private static final int COPIED_BYTES = 256 << 10;

  /** Of a hundred logs, in an hour. */
  private static final int DELETED_PERCENT = 2;

  private static final int TRUNCATED_PERCENT = 5;

  private final StorageEngine engine;
  private final long retainedBytes;
  private final SplittableRandom random = new SplittableRandom(1807);
  private final List<ChurnedLog> logs = new ArrayList<>();

  /**
   * Begins with empty logs.
   *
   * @param retainedBytes what a log retains on an average
   */
  Churn(StorageEngine engine, int logs, long retainedBytes) {
    this.engine = engine;
    this.retainedBytes = retainedBytes;
    for (int i = 0; i < logs; i++) {
      this.logs.add(newLog());
    }
  }

  /** Opens an engine with small segments. */
  static StorageEngine engine(String name, Path directory, FlushMode flushMode) {
    EngineContext usual = Subjects.engineContext(new SubjectContext(directory, flushMode));
    return Subjects.engine(name)
        .open(
            new EngineContext(
                directory,
                flushMode,
                SEGMENT_BYTES,
                usual.maxEntryBytes(),
                usual.settings(),
                usual.listener()));
  }

  private ChurnedLog newLog() {
    return new ChurnedLog(engine, retainedBytes, random.split());
  }

  List<LogStore> stores() {
    return logs.stream().map(ChurnedLog::store).toList();
  }

  /** What the payloads of all logs have. */
  long bytes() {
    return logs.stream().mapToLong(ChurnedLog::bytes).sum();
  }

  /** On return nothing is on its way. */
  void run(int hours) {
    for (int hour = 0; hour < hours; hour++) {
      append();
      await(logs.stream().map(ChurnedLog::retain));
      await(logs.stream().filter(_ -> happens(TRUNCATED_PERCENT)).map(ChurnedLog::truncate));
      logs.replaceAll(log -> happens(DELETED_PERCENT) ? replaced(log) : log);
    }
  }

  private void append() {
    List<EngineLog> appended = stores().stream().map(EngineLog::new).toList();
    Window window = new Window(WRITES_ON_THE_WAY);
    for (int write = 0; write < WRITES_PER_HOUR * logs.size(); write++) {
      int log = random.nextInt(logs.size());
      long bytes = random.nextLong(2 * retainedBytes / HOURS_RETAINED / WRITES_PER_HOUR);
      window.add(logs.get(log).append(appended.get(log), bytes));
    }
    window.drain();
  }

  private static void await(Stream<CompletableFuture<Void>> changes) {
    CompletableFuture.allOf(changes.toArray(CompletableFuture<?>[]::new)).join();
  }

  private boolean happens(int percent) {
    return random.nextInt(100) < percent;
  }

  private ChurnedLog replaced(ChurnedLog log) {
    log.delete(engine);
    return newLog();
  }

  /** Writes what all logs hold to logs of another engine. */
  List<LogStore> copyTo(StorageEngine fresh) {
    return stores().stream().map(log -> copy(log, fresh)).toList();
  }

  private static LogStore copy(LogStore from, StorageEngine fresh) {
    LogStore to = fresh.create(from.id(), from.base());
    Window window = new Window(2);
    List<Entry> entries = new ArrayList<>();
    int bytes = 0;
    for (long index = from.base().index() + 1; index < from.endIndex(); index++) {
      Entry entry = new Entry(from.header(index), payload(from, index));
      entries.add(entry);
      bytes += entry.payload().remaining();
      if (bytes >= COPIED_BYTES || index == from.endIndex() - 1) {
        window.add(to.write(WriteSet.append(entries)));
        entries.clear();
        bytes = 0;
      }
    }
    window.drain();
    return to;
  }

  private static ByteBuffer payload(LogStore log, long index) {
    try (Slice slice = log.payload(index)) {
      ByteBuffer payload = ByteBuffer.allocate(slice.bytes());
      slice.buffers().forEach(part -> payload.put(part.duplicate()));
      return payload.flip();
    }
  }
}
