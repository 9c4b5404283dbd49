package dev.flotilla.raft;

import dev.flotilla.storage.CorruptLogException;
import dev.flotilla.storage.EngineContext;
import dev.flotilla.storage.Entry;
import dev.flotilla.storage.EntryHeader;
import dev.flotilla.storage.FlushListener;
import dev.flotilla.storage.FlushMode;
import dev.flotilla.storage.LogBase;
import dev.flotilla.storage.LogId;
import dev.flotilla.storage.LogStore;
import dev.flotilla.storage.LogStore.FirstBatch;
import dev.flotilla.storage.Slice;
import dev.flotilla.storage.StorageEngine;
import dev.flotilla.storage.WriteSet;
import dev.flotilla.storage.testkit.InMemoryEngineFactory;
import dev.flotilla.storage.testkit.InMemoryEngineFactory.Completion;
import dev.flotilla.storage.testkit.TestEntries;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;

/** A log in memory and a reader of it. */
abstract class LogReaderFixture {

  static final int BATCH = 50;

  final StorageEngine engine =
      new InMemoryEngineFactory(Completion.IN_CALLER)
          .open(
              new EngineContext(
                  Path.of("memory"),
                  FlushMode.COMMIT,
                  1 << 20,
                  1 << 20,
                  Map.of(),
                  FlushListener.NONE));
  final LogStore store = engine.create(LogId.random(), LogBase.ORIGIN);
  final TestEntries entries = TestEntries.behind(LogBase.ORIGIN, 7);
  final List<CorruptLogException> reported = new ArrayList<>();
  long logStartOffset;
  long highWatermark;
  int currentTerm = 1;
  final LogReader reader = reader(store);

  @AfterEach
  void close() {
    engine.close();
  }

  LogReader reader(LogStore of) {
    return reader(new ReadableStore(of));
  }

  LogReader reader(ReadableStore of) {
    return new LogReader(
        "orders-0",
        of,
        () -> logStartOffset,
        () -> highWatermark,
        () -> currentTerm,
        reported::add);
  }

  int bytesAt(long offset) {
    try (Slice slice = reader.read(offset, 1 << 20, FirstBatch.WHOLE)) {
      return slice.bytes();
    }
  }

  long baseOffsetOfTime(long timestampMs) {
    return reader.entryOfTime(timestampMs).orElseThrow().baseOffset();
  }

  void writeData(int count) {
    write(entries.several(count, BATCH).toArray(Entry[]::new));
  }

  void write(Entry... written) {
    store.write(WriteSet.append(Arrays.asList(written))).join();
  }

  /** Drops the first entries, of which each holds one offset. */
  void drop(int count) {
    EntryHeader last = store.header(count - 1);
    store
        .dropPrefix(new LogBase(last.index(), last.term(), last.endOffset(), last.digest()))
        .join();
  }

  /** The store, to which something happens just before a method is first called. */
  LogStore interrupted(String method, Runnable interruption) {
    Deque<Runnable> due = new ArrayDeque<>(List.of(interruption));
    return proxy(
        method,
        () -> {
          if (!due.isEmpty()) {
            due.remove().run();
          }
        });
  }

  LogStore failing(String method, RuntimeException failure) {
    return proxy(
        method,
        () -> {
          throw failure;
        });
  }

  LogStore proxy(String name, Runnable before) {
    return (LogStore)
        Proxy.newProxyInstance(
            LogStore.class.getClassLoader(),
            new Class<?>[] {LogStore.class},
            (proxy, method, arguments) -> {
              if (method.getName().equals(name)) {
                before.run();
              }
              try {
                return method.invoke(store, arguments);
              } catch (InvocationTargetException e) {
                throw e.getCause();
              }
            });
  }
}
