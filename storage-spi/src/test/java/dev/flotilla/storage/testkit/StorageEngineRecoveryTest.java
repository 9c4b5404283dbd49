package dev.flotilla.storage.testkit;

import static org.assertj.core.api.Assertions.assertThat;

import dev.flotilla.storage.LogBase;
import dev.flotilla.storage.StorageEngineFactory;
import dev.flotilla.storage.testkit.CrashRecorder.Interval;
import java.nio.file.Path;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

/**
 * An engine that keeps files recovers from a crash at any instant with everything that was
 * acknowledged, and with nothing else than a prefix of what was written after it. What a crash may
 * leave is described at {@link PowerCut}; a failure names the seed, which {@code
 * -Dflotilla.seed=...} runs again alone.
 */
public abstract class StorageEngineRecoveryTest {

  /** The engine under test; asked once per run. */
  protected abstract StorageEngineFactory factory();

  /** Pages that the engine's library writes behind a sync that nobody hears of. */
  protected CommitPages commitPages() {
    return CommitPages.NONE;
  }

  @Test
  void shouldRecoverFromACrashAtAnyInstant() {
    Tries.withSeeds(2, 12, seed -> crash(new SplittableRandom(seed), 30, 2));
  }

  /** Short runs, so that the creation and the first writes of logs are seen often. */
  @Test
  void shouldRecoverFromACrashInItsFirstMoments() {
    Tries.withSeeds(6, 30, seed -> crash(new SplittableRandom(seed), 2, 3));
  }

  /** Recovery is interrupted, and what recovers from that, up to a depth. */
  private void crash(SplittableRandom random, int steps, int depth) {
    try (ScratchDirectory scratch = new ScratchDirectory();
        CrashRun run = new CrashRun(factory(), scratch.path(), random, commitPages())) {
      run.create(LogBase.ORIGIN);
      run.create(new LogBase(7, 2, 30, 1));
      for (int i = 0; i < steps; i++) {
        run.step();
      }
      List<Interval> intervals = run.finish();
      assertThat(intervals).as("the engine tells of its flushes").hasSizeGreaterThan(2);
      for (Interval interval : intervals) {
        recover(interval, random, depth);
      }
    }
  }

  private void recover(Interval interval, SplittableRandom random, int depth) {
    try (ScratchDirectory scratch = new ScratchDirectory()) {
      Path directory = scratch.path().resolve("crashed");
      interval.crash(random).writeTo(directory);
      try (CrashRun run = new CrashRun(factory(), directory, random, commitPages())) {
        List<Interval> recovery = run.recover(interval.expectations());
        if (random.nextBoolean()) {
          run.step();
        }
        run.reopen();
        List<Interval> later = run.finish();
        if (depth > 0 && random.nextInt(4) == 0 && !recovery.isEmpty()) {
          recover(recovery.get(random.nextInt(recovery.size())), random, depth - 1);
          List<Interval> after = later.subList(recovery.size(), later.size());
          recover(after.get(random.nextInt(after.size())), random, depth - 1);
        }
      }
    }
  }

  @Test
  void shouldCutATornWriteAtAnyByte() {
    Tries.withSeeds(1, 2, seed -> tear(new SplittableRandom(seed)));
  }

  private void tear(SplittableRandom random) {
    try (ScratchDirectory scratch = new ScratchDirectory();
        CrashRun run = new CrashRun(factory(), scratch.path(), random, commitPages())) {
      run.create(LogBase.ORIGIN);
      for (int i = 0; i < 4; i++) {
        run.append();
      }
      List<Interval> intervals = run.finish();
      int everyday = 20;
      for (Interval interval : intervals.subList(intervals.size() - 3, intervals.size())) {
        for (var inode : interval.written().files().keySet()) {
          List<Integer> cuts = PowerCut.cuts(interval, inode, random, Tries.of(everyday, 60));
          for (int cut : cuts) {
            DiskImage image = PowerCut.tornAt(interval.synced(), interval.written(), inode, cut);
            recover(new Interval(image, image, interval.expectations()), random, 0);
          }
        }
      }
    }
  }
}
