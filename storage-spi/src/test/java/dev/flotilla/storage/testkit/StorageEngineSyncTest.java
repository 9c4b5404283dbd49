package dev.flotilla.storage.testkit;

import static org.assertj.core.api.Assertions.assertThat;

import dev.flotilla.storage.FlushMode;
import dev.flotilla.storage.LogBase;
import dev.flotilla.storage.StorageEngineFactory;
import dev.flotilla.storage.testkit.CrashRecorder.Interval;
import java.nio.file.Path;
import java.util.List;
import java.util.SplittableRandom;
import java.util.function.BiConsumer;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;

/**
 * As {@link StorageEngineRecoveryTest}, for an engine whose syncs can be seen one by one: safe is
 * what a sync has named, a file or the names in a directory, and nothing else. So a sync that is
 * missing is found, and it can be said what the mode without syncs may lose: a tail of the entries,
 * never one in the middle, never a byte of one that is left.
 */
public abstract class StorageEngineSyncTest {

  /**
   * The engine under test.
   *
   * @param synced to be told of each file or directory when its sync has ended, before the engine
   *     goes on
   */
  protected abstract StorageEngineFactory factory(Consumer<Path> synced);

  /** Pages that the engine's library writes behind a sync that nobody hears of. */
  protected CommitPages commitPages() {
    return CommitPages.NONE;
  }

  @Test
  void shouldRecoverWithWhatItSynced() {
    runs(FlushMode.COMMIT, this::crash);
  }

  @Test
  void shouldLoseATailAtMostWithoutSyncs() {
    runs(FlushMode.UNSAFE_OS, this::crash);
  }

  @Test
  void shouldLoseNothingWithoutSyncsWhenOnlyTheProcessDies() {
    runs(FlushMode.UNSAFE_OS, this::kill);
  }

  @Test
  void shouldNeverBeginBehindItsEnd() {
    Tries.withSeeds(
        1,
        20,
        seed ->
            run(
                FlushMode.UNSAFE_OS,
                new SplittableRandom(seed),
                run -> {
                  run.append();
                  run.append();
                  run.dropMostOfIt();
                },
                (interval, run) -> {
                  for (int i = 0; i < 2; i++) {
                    crash(
                        interval,
                        new Run(run.mode(), run.random(), run.directory().resolve("" + i)));
                  }
                }));
  }

  private interface Crash extends BiConsumer<Interval, Run> {}

  private record Run(FlushMode mode, SplittableRandom random, Path directory) {}

  private void runs(FlushMode mode, Crash crash) {
    Consumer<CrashRun> steps =
        run -> {
          for (int i = 0; i < Tries.of(6, 16); i++) {
            run.step();
          }
        };
    Tries.withSeeds(1, 20, seed -> run(mode, new SplittableRandom(seed), steps, crash));
  }

  private void run(FlushMode mode, SplittableRandom random, Consumer<CrashRun> steps, Crash crash) {
    List<Interval> intervals;
    try (ScratchDirectory scratch = new ScratchDirectory();
        CrashRun run = open(mode, scratch.path(), random)) {
      run.create(LogBase.ORIGIN);
      run.create(new LogBase(7, 2, 30, 1));
      steps.accept(run);
      intervals = run.finish();
    }
    assertThat(intervals).as("the engine tells of its syncs").hasSizeGreaterThan(4);
    for (Interval interval : intervals) {
      try (ScratchDirectory scratch = new ScratchDirectory()) {
        crash.accept(interval, new Run(mode, random, scratch.path().resolve("crashed")));
      }
    }
  }

  private CrashRun open(FlushMode mode, Path directory, SplittableRandom random) {
    CrashRecorder recorder = CrashRecorder.ofSyncs(directory, commitPages());
    return new CrashRun(factory(recorder::synced), directory, random, mode, recorder);
  }

  private void crash(Interval interval, Run run) {
    interval.crash(run.random()).writeTo(run.directory());
    try (CrashRun recovered = open(run.mode(), run.directory(), run.random())) {
      recovered.recover(interval.expectations());
      recovered.step();
      recovered.reopen();
    }
  }

  private void kill(Interval interval, Run run) {
    interval.written().writeTo(run.directory());
    try (CrashRun recovered = open(run.mode(), run.directory(), run.random())) {
      recovered.recoverAll(interval.expectations());
    }
  }
}
