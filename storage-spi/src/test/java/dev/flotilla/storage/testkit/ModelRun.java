package dev.flotilla.storage.testkit;

import static org.assertj.core.api.Assertions.assertThat;

import dev.flotilla.storage.Entry;
import dev.flotilla.storage.EntryCompactor;
import dev.flotilla.storage.EntryHeader;
import dev.flotilla.storage.EntryKind;
import dev.flotilla.storage.LogBase;
import dev.flotilla.storage.LogId;
import dev.flotilla.storage.LogStore;
import dev.flotilla.storage.StorageEngine;
import dev.flotilla.storage.StorageEngineFactory;
import dev.flotilla.storage.WriteSet;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.CompletableFuture;

/** Runs operations on some logs of an engine and on an oracle for each. */
final class ModelRun implements AutoCloseable {

  private final StorageEngineFactory factory;
  private final Path directory;
  private StorageEngine engine;
  private final List<Modelled> logs = new ArrayList<>();

  private static final class Modelled {
    private LogId id = LogId.random();
    private LogStore log;
    private LogContent content;

    /** The index after the last entry that may have been compacted. */
    private long compactedEnd;

    /** Writes that nobody has waited for. */
    private final List<CompletableFuture<Void>> pending = new ArrayList<>();

    private Modelled(StorageEngine engine) {
      log = engine.create(id, LogBase.ORIGIN);
      content = new LogContent(LogBase.ORIGIN);
    }

    private void settle() {
      pending.forEach(EngineFixture::await);
      pending.clear();
    }
  }

  ModelRun(StorageEngineFactory factory, Path directory, int logCount) {
    this.factory = factory;
    this.directory = directory;
    engine = EngineFixture.open(factory, directory);
    for (int i = 0; i < logCount; i++) {
      logs.add(new Modelled(engine));
    }
  }

  void run(ModelStep step) {
    Modelled target = logs.get(step.log());
    SplittableRandom random = new SplittableRandom(step.seed());
    RandomWrites writes = new RandomWrites(target.content, random);
    switch (step.kind()) {
      case APPEND -> write(target, writes.append());
      case TRUNCATE -> truncate(target, writes.truncate());
      case COMPARE -> compare(target);
      case DROP_PREFIX -> dropPrefix(target, writes);
      case RESET -> reset(target, writes.base());
      case COMPACT -> compact(target, random, writes.compactor());
      case REOPEN -> reopen();
      case CUT -> cut(target, random);
      case DELETE -> delete(target, writes.base());
    }
  }

  private static void write(Modelled target, WriteSet set) {
    target.pending.add(target.log.write(set));
    target.content.apply(set);
    assertThat(target.log.endIndex()).isLessThanOrEqualTo(target.content.endIndex());
  }

  /** What was compacted is committed, and never truncated. */
  private static void truncate(Modelled target, WriteSet set) {
    if (set.truncateFrom() >= target.compactedEnd) {
      write(target, set);
    }
  }

  private static void compare(Modelled target) {
    target.settle();
    LogComparison.assertSame(target.log, target.content);
  }

  private static void dropPrefix(Modelled target, RandomWrites writes) {
    target.settle();
    writes
        .prefix()
        .ifPresent(base -> {
          EngineFixture.await(target.log.dropPrefix(base));
          target.content.dropPrefix(base);
        });
  }

  private static void reset(Modelled target, LogBase base) {
    target.settle();
    EngineFixture.await(target.log.reset(base));
    target.content.reset(base);
    target.compactedEnd = 0;
  }

  private static void compact(Modelled target, SplittableRandom random, EntryCompactor compactor) {
    target.settle();
    long first = target.content.base().index() + 1;
    long from = first + random.nextLong(target.content.endIndex() - first + 1);
    long to = from + random.nextLong(target.content.endIndex() - from + 1);
    target.log.compact(from, to, compactor);
    target.compactedEnd = Math.max(target.compactedEnd, to);
    for (Entry entry : target.content.entries()) {
      long index = entry.header().index();
      if (index >= from && index < to && !LogReader.entry(target.log, index).equals(entry)) {
        target.content.replace(Compaction.compact(entry, compactor));
      }
    }
    // Entries that came emptied may have joined the run that was made before them.
    for (Entry entry : target.content.entries()) {
      EntryHeader header = entry.header();
      if (header.index() == target.compactedEnd && header.kind() == EntryKind.EMPTIED) {
        target.compactedEnd++;
      }
    }
  }

  /** Writes that are pending are completed by the close. */
  private void reopen() {
    engine.close();
    engine = EngineFixture.open(factory, directory);
    for (Modelled each : logs) {
      each.settle();
      each.log = engine.open(each.id);
      LogComparison.assertSame(each.log, each.content);
    }
  }

  private void cut(Modelled target, SplittableRandom random) {
    target.log.close();
    target.settle();
    long first = Math.max(target.content.base().index() + 1, target.compactedEnd);
    long end = first + random.nextLong(target.content.endIndex() - first + 1);
    target.log = engine.openCutAt(target.id, end);
    target.content.truncate(end);
    LogComparison.assertSame(target.log, target.content);
  }

  private void delete(Modelled target, LogBase base) {
    target.log.close();
    target.settle();
    engine.delete(target.id);
    assertThat(engine.logs()).doesNotContain(target.id);
    target.id = LogId.random();
    target.log = engine.create(target.id, base);
    target.content = new LogContent(base);
    target.compactedEnd = 0;
  }

  void compareAll() {
    reopen();
    assertThat(engine.logs()).hasSize(logs.size());
  }

  /** What the logs hold. */
  List<LogContent> contents() {
    return logs.stream().map(each -> LogReader.content(each.log)).toList();
  }

  @Override
  public void close() {
    engine.close();
  }
}
