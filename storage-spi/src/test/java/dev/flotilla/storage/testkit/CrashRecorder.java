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
 *
 * <p>Told of flushes it takes all files for synced at each of them. Told of the syncs themselves it
 * takes for synced what they name, and nothing else.
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
   * @param written the files at its end, but for a commit that follows
   * @param expectations what a crash within may leave of each log
   */
  record Interval(DiskImage synced, DiskImage written, List<Expectation> expectations) {

    /** An image of a crash within. */
    DiskImage crash(SplittableRandom random) {
      return PowerCut.between(synced, written, random);
    }
  }

  /** What is safe at each end of an interval. */
  private final Safe safe;

  private final CommitPages commitPages;

  private enum Safe {
    ALL,
    NAMED
  }

  /** Begins with what the directory holds, all of which is taken for synced. */
  private CrashRecorder(Path directory, Safe safe, CommitPages commitPages) {
    this.directory = directory;
    this.safe = safe;
    this.commitPages = commitPages;
    last = DiskImage.capture(directory, DiskImage.empty());
  }

  /** To be told of flushes, as the engine's listener. */
  static CrashRecorder ofFlushes(Path directory, CommitPages commitPages) {
    return new CrashRecorder(directory, Safe.ALL, commitPages);
  }

  /** To be told of syncs, by {@link #synced}. */
  static CrashRecorder ofSyncs(Path directory, CommitPages commitPages) {
    return new CrashRecorder(directory, Safe.NAMED, commitPages);
  }

  /** A log that is there from now on, or was before. */
  void add(History history) {
    histories.add(history);
  }

  @Override
  public void flushed(int entries, long bytes, long nanos) {
    if (safe == Safe.ALL) {
      capture();
    }
  }

  /** A file, or the names in a directory, are on the disk now. */
  synchronized void synced(Path path) {
    DiskImage now = interval();
    last = last.withSynced(directory.relativize(path).toString(), now);
  }

  /** Ends the interval at hand. */
  synchronized void capture() {
    DiskImage now = interval();
    if (safe == Safe.ALL) {
      last = now;
    }
  }

  private DiskImage interval() {
    List<Expectation> expectations = histories.stream().map(History::expectation).toList();
    DiskImage now = DiskImage.capture(directory, last);
    intervals.add(new Interval(last, now.withPagesOf(last, commitPages), expectations));
    return now;
  }

  /** All intervals so far. */
  synchronized List<Interval> intervals() {
    return List.copyOf(intervals);
  }
}
