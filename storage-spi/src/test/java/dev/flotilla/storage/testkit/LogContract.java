package dev.flotilla.storage.testkit;

import dev.flotilla.storage.EngineContext;
import dev.flotilla.storage.Entry;
import dev.flotilla.storage.LogBase;
import dev.flotilla.storage.LogId;
import dev.flotilla.storage.LogStore;
import dev.flotilla.storage.StorageEngine;
import dev.flotilla.storage.StorageEngineFactory;
import dev.flotilla.storage.WriteSet;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.io.TempDir;

/**
 * What all parts of the contract's tests begin with: an engine with one empty log beside an oracle.
 * Every test ends by closing the engine, opening it again and comparing the log with what it held.
 */
abstract class LogContract {

  @TempDir Path directory;
  StorageEngineFactory factory;
  StorageEngine engine;
  LogId id;
  LogStore log;

  /** What {@link #log} holds once all writes made through {@link #write} are complete. */
  LogContent expected;

  /** Builds what continues {@link #expected}, as long as nothing is truncated. */
  TestEntries entries;

  private boolean reopensAtEnd = true;

  @SuppressWarnings("NullAway.Init") // filled by start() before each test
  LogContract() {}

  abstract StorageEngineFactory factory();

  @BeforeEach
  void start() {
    factory = factory();
    engine = factory.open(context());
    id = LogId.random();
    startBehind(LogBase.ORIGIN);
  }

  @AfterEach
  void closeAndCompare() {
    if (reopensAtEnd) {
      LogContent content = LogReader.content(log);
      reopen();
      LogComparison.assertSame(log, content);
    }
    engine.close();
  }

  EngineContext context() {
    return EngineFixture.context(directory);
  }

  /** For tests that leave no open log behind. */
  final void skipReopenAtEnd() {
    reopensAtEnd = false;
  }

  /** Puts another empty log in place of the one at hand. */
  final void startBehind(LogBase base) {
    if (log != null) {
      log.close();
      id = LogId.random();
    }
    log = engine.create(id, base);
    expected = new LogContent(base);
    entries = TestEntries.behind(base, id.value().getMostSignificantBits());
  }

  final void reopen() {
    engine.close();
    engine = factory.open(context());
    log = engine.open(id);
  }

  final void reopenAndCompare() {
    reopen();
    LogComparison.assertSame(log, expected);
  }

  final CompletableFuture<Void> writeAsync(WriteSet set) {
    CompletableFuture<Void> future = log.write(set);
    expected.apply(set);
    return future;
  }

  final void write(WriteSet set) {
    EngineFixture.await(writeAsync(set));
  }

  final void append(Entry... appended) {
    write(WriteSet.append(List.of(appended)));
  }

  final void append(List<Entry> appended) {
    write(WriteSet.append(appended));
  }

  /** Entries that continue the log where a truncation at an index leaves it. */
  final TestEntries entriesFrom(long index) {
    long seed = index * 31 + expected.endIndex();
    return index == expected.base().index() + 1
        ? TestEntries.behind(expected.base(), seed)
        : TestEntries.behind(expected.entry(index - 1).header(), seed);
  }

  /** A megabyte in entries of 64 KiB. */
  final List<Entry> megabyte() {
    return entries.several(16, 64 << 10);
  }
}
