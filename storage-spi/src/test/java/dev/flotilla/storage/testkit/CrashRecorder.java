package dev.flotilla.storage.testkit;

import dev.flotilla.storage.FlushListener;
import dev.flotilla.storage.testkit.History.Expectation;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.CopyOnWriteArrayList;

/**
 * Keeps what the files below a directory hold at each flush that an engine tells of, with what had
 * been acknowledged by then. The engine waits meanwhile.
 */
final class CrashRecorder implements FlushListener {

  private final Path directory;
  private final List<History> histories = new CopyOnWriteArrayList<>();
  private final List<Interval> intervals = new ArrayList<>();
  private DiskImage last;

  /**
   * The time between two syncs.
   *
   * @param synced the files at its begin
   * @param written the files at its end
   * @param expectations what a crash within may leave of each log
   */
  record Interval(DiskImage synced, DiskImage written, List<Expectation> expectations) {

    /** An image of a crash within. */
    DiskImage crash(SplittableRandom random) {
      return PowerCut.between(synced, written, random);
    }
  }

  /** Begins with what the directory holds, all of which is taken for synced. */
  CrashRecorder(Path directory) {
    this.directory = directory;
    last = DiskImage.capture(directory, DiskImage.empty());
  }

  /** A log that is there from now on, or was before. */
  void add(History history) {
    histories.add(history);
  }

  @Override
  public void flushed(int entries, long bytes, long nanos) {
    capture();
  }

  /** Ends the interval at hand. */
  synchronized void capture() {
    List<Expectation> expectations = histories.stream().map(History::expectation).toList();
    DiskImage now = DiskImage.capture(directory, last);
    intervals.add(new Interval(last, now, expectations));
    last = now;
  }

  /** All intervals so far. */
  synchronized List<Interval> intervals() {
    return List.copyOf(intervals);
  }
}
