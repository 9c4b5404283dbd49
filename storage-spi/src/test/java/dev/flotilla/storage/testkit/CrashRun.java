package dev.flotilla.storage.testkit;

import static org.assertj.core.api.Assertions.assertThat;

import dev.flotilla.storage.Entry;
import dev.flotilla.storage.EntryCompactor;
import dev.flotilla.storage.FlushMode;
import dev.flotilla.storage.LogBase;
import dev.flotilla.storage.LogId;
import dev.flotilla.storage.LogStore;
import dev.flotilla.storage.StorageEngine;
import dev.flotilla.storage.StorageEngineFactory;
import dev.flotilla.storage.WriteSet;
import dev.flotilla.storage.testkit.CrashRecorder.Interval;
import dev.flotilla.storage.testkit.History.Expectation;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.CompletableFuture;

/** An engine in a directory, watched by a {@link CrashRecorder} while random things are done. */
final class CrashRun implements AutoCloseable {

  private final StorageEngineFactory factory;
  private final Path directory;
  private final SplittableRandom random;
  private final FlushMode mode;
  private final CrashRecorder recorder;
  private StorageEngine engine;
  private final List<Watched> logs = new ArrayList<>();

  private static final class Watched {
    private final History history;
    private LogStore log;

    private Watched(History history, LogStore log) {
      this.history = history;
      this.log = log;
    }
  }

  /** Opens the engine on what the directory holds. */
  CrashRun(
      StorageEngineFactory factory,
      Path directory,
      SplittableRandom random,
      CommitPages commitPages) {
    this(
        factory,
        directory,
        random,
        FlushMode.COMMIT,
        CrashRecorder.ofFlushes(directory, commitPages));
  }

  /** The same with a recorder that may be told of syncs by the factory's engine. */
  CrashRun(
      StorageEngineFactory factory,
      Path directory,
      SplittableRandom random,
      FlushMode mode,
      CrashRecorder recorder) {
    this.factory = factory;
    this.directory = directory;
    this.random = random;
    this.mode = mode;
    this.recorder = recorder;
    engine = open();
  }

  private StorageEngine open() {
    return factory.open(EngineFixture.context(directory, mode, recorder));
  }

  void create(LogBase base) {
    History history = new History(LogId.random(), new LogContent(base));
    recorder.add(history);
    LogStore log = engine.create(history.id(), base);
    history.created();
    logs.add(new Watched(history, log));
  }

  /**
   * Opens the logs that a crash has left, and fails unless each holds what it may.
   *
   * @return the intervals of recovery, in which a crash may leave what the one before it could
   */
  List<Interval> recover(List<Expectation> expectations) {
    for (Expectation expectation : expectations) {
      boolean listed = engine.logs().contains(expectation.id());
      if (expectation.deleting()) {
        engine.delete(expectation.id());
        assertThat(engine.logs()).doesNotContain(expectation.id());
      } else if (listed || !expectation.mayBeAbsent()) {
        assertThat(listed).as("log %s is listed", expectation.id()).isTrue();
        recover(expectation);
      } else {
        engine.create(expectation.id(), LogBase.ORIGIN).close();
        engine.delete(expectation.id());
      }
    }
    recorder.capture();
    List<Interval> recovery =
        recorder.intervals().stream()
            .map(interval -> new Interval(interval.synced(), interval.written(), expectations))
            .toList();
    logs.forEach(watched -> recorder.add(watched.history));
    return expectations.stream().noneMatch(Expectation::mayBeAbsent) ? recovery : List.of();
  }

  private void recover(Expectation expectation) {
    LogStore log = engine.open(expectation.id());
    LogContent found = LogReader.content(log);
    switch (mode) {
      case COMMIT -> expectation.check(found);
      case UNSAFE_OS -> expectation.checkButForATail(found);
    }
    LogComparison.assertSame(log, found);
    History history = new History(log.id(), found);
    history.created();
    logs.add(new Watched(history, log));
  }

  /** Does something to one of the logs and, mostly, waits until it is durable. */
  void step() {
    if (logs.isEmpty()) {
      create(LogBase.ORIGIN);
    }
    Watched target = logs.get(random.nextInt(logs.size()));
    RandomWrites writes = new RandomWrites(target.history.content(), random);
    switch (random.nextInt(24)) {
      case 0 -> writes.prefix().ifPresent(base -> dropPrefix(target, base));
      case 1 -> reset(target, writes.base());
      case 2 -> compact(target, writes.compactor());
      case 3 -> cut(target, writes.cut());
      case 4 -> reopen();
      case 5 -> delete(target);
      case 6, 7, 8 -> burst(target);
      case 9, 10, 11, 12, 13 -> EngineFixture.await(write(target, writes.truncate()));
      default -> EngineFixture.await(write(target, writes.append()));
    }
  }

  /** Opens the logs that the death of a process has left: nothing that was acknowledged is gone. */
  void recoverAll(List<Expectation> expectations) {
    for (Expectation expectation : expectations) {
      if (!expectation.mayBeAbsent()) {
        expectation.check(LogReader.content(engine.open(expectation.id())));
      }
    }
  }

  /** Appends to the first log and waits. */
  void append() {
    Watched target = logs.getFirst();
    EngineFixture.await(write(target, new RandomWrites(target.history.content(), random).append()));
  }

  /** Drops of the first log all that may be dropped. */
  void dropMostOfIt() {
    Watched target = logs.getFirst();
    LogContent content = target.history.content();
    if (content.entries().size() > 1) {
      dropPrefix(target, content.baseBehind(content.endIndex() - 2));
    }
  }

  private static CompletableFuture<Void> write(Watched target, WriteSet set) {
    target.history.begin(new Change.Written(set));
    CompletableFuture<Void> write = target.log.write(set);
    target.history.taken(write);
    return write;
  }

  private void burst(Watched target) {
    List<CompletableFuture<Void>> pending = new ArrayList<>();
    for (int i = 0; i < 6; i++) {
      RandomWrites writes = new RandomWrites(target.history.content(), random);
      pending.add(write(target, random.nextInt(3) == 0 ? writes.truncate() : writes.append()));
    }
    pending.forEach(EngineFixture::await);
  }

  private static void dropPrefix(Watched target, LogBase base) {
    target.history.begin(new Change.Dropped(base));
    CompletableFuture<Void> drop = target.log.dropPrefix(base);
    target.history.taken(drop);
    EngineFixture.await(drop);
  }

  private static void reset(Watched target, LogBase base) {
    target.history.begin(new Change.Reset(base));
    CompletableFuture<Void> reset = target.log.reset(base);
    target.history.taken(reset);
    EngineFixture.await(reset);
  }

  private static void compact(Watched target, EntryCompactor compactor) {
    LogContent before = target.history.content();
    target.history.begin(new Change.Compacting(0, before.endIndex(), compactor));
    target.log.compact(before.base().index() + 1, before.endIndex(), compactor);
    List<Entry> left = new ArrayList<>();
    for (Entry entry : before.entries()) {
      if (!LogReader.entry(target.log, entry.header().index()).equals(entry)) {
        left.add(Compaction.compact(entry, compactor));
      }
    }
    target.history.finished(new Change.Compacted(left));
  }

  private void cut(Watched target, long endIndex) {
    target.log.close();
    target.history.begin(new Change.Cut(endIndex));
    target.log = engine.openCutAt(target.history.id(), endIndex);
    target.history.finished(new Change.Cut(endIndex));
  }

  private void delete(Watched target) {
    target.log.close();
    target.history.deleting();
    engine.delete(target.history.id());
    logs.remove(target);
  }

  /** Closes the engine, opens it again and compares. */
  void reopen() {
    engine.close();
    recorder.capture();
    engine = open();
    for (Watched watched : logs) {
      watched.log = engine.open(watched.history.id());
      LogComparison.assertSame(watched.log, watched.history.content());
    }
  }

  /** Closes the engine; all intervals of the run. */
  List<Interval> finish() {
    engine.close();
    recorder.capture();
    return recorder.intervals();
  }

  @Override
  public void close() {
    engine.close();
  }
}
