package dev.flotilla.storage.testkit;

import static org.assertj.core.api.Assertions.assertThat;

import dev.flotilla.storage.LogId;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;

/**
 * What was done to a log since a moment at which its content was known. Written by the test's
 * thread, read by threads of the engine too.
 */
final class History {

  private final LogId id;
  private final LogContent start;
  private final List<Step> steps = new CopyOnWriteArrayList<>();

  /** Whether a crash may leave no log: its creation had not returned. */
  private volatile boolean created;

  /** Whether a crash may leave no log: its deletion had begun. */
  private volatile boolean deleting;

  private static final class Step {
    private final Change change;

    /** Set once the engine has taken the change; complete when that is durable. */
    private volatile CompletableFuture<Void> done = new CompletableFuture<>();

    private Step(Change change) {
      this.change = change;
    }
  }

  History(LogId id, LogContent start) {
    this.id = id;
    this.start = start;
  }

  LogId id() {
    return id;
  }

  void created() {
    created = true;
  }

  void deleting() {
    deleting = true;
  }

  boolean isDeleting() {
    return deleting;
  }

  /** To be called before the engine is asked. */
  void begin(Change change) {
    steps.add(new Step(change));
  }

  /** What the engine answered to the last change. */
  void taken(CompletableFuture<Void> done) {
    steps.getLast().done = done;
  }

  /** The last change is durable, and came out as this one. */
  void finished(Change change) {
    Step step = new Step(change);
    step.done.complete(null);
    steps.set(steps.size() - 1, step);
  }

  /** The log when all changes are complete. */
  LogContent content() {
    return after(steps.size());
  }

  private LogContent after(int count) {
    LogContent content = start;
    for (Step step : steps.subList(0, count)) {
      content = step.change.apply(content);
    }
    return content;
  }

  /** What a crash at this moment, or since the last sync before it, may leave. */
  Expectation expectation() {
    int done = 0;
    List<Step> issued = List.copyOf(steps);
    while (done < issued.size() && issued.get(done).done.isDone()) {
      done++;
    }
    return new Expectation(
        this, done, issued.stream().map(step -> step.change).toList(), created, deleting);
  }

  /**
   * What may be found after a crash.
   *
   * @param acknowledged how many of the changes were complete
   * @param issued the changes that had begun
   * @param exists whether the log's creation had returned
   * @param deleting whether its deletion had begun
   */
  record Expectation(
      History history, int acknowledged, List<Change> issued, boolean exists, boolean deleting) {

    LogId id() {
      return history.id;
    }

    boolean mayBeAbsent() {
      return !exists || deleting;
    }

    /** Fails unless a crash may have left this. */
    void check(LogContent found) {
      LogContent before = history.start;
      for (Change change : issued.subList(0, acknowledged)) {
        before = change.apply(before);
      }
      boolean legal = before.sameAs(found);
      for (Change change : issued.subList(acknowledged, issued.size())) {
        legal |= change.mayLeave(before, found);
        before = change.apply(before);
      }
      if (!legal) {
        assertThat(found.toString())
            .as("log %s after %d of %s", id(), acknowledged, issued)
            .isEqualTo(history.after(acknowledged).toString());
        throw new AssertionError("log " + id() + " holds other bytes than were acknowledged");
      }
    }

    /**
     * Fails unless this is what the log held at some moment, or might hold during a change, but for
     * a tail of its entries.
     */
    void checkButForATail(LogContent found) {
      LogContent before = history.start;
      boolean legal = isBeginOf(before, found);
      for (Change change : issued) {
        LogContent after = change.apply(before);
        legal |= isBeginOf(after, found) || change.mayLeaveButForATail(before, found);
        before = after;
      }
      if (!legal) {
        throw new AssertionError(
            "log %s is no begin of what it held during %s: %s".formatted(id(), issued, found));
      }
    }

    private static boolean isBeginOf(LogContent whole, LogContent found) {
      if (!whole.base().equals(found.base()) || found.endIndex() > whole.endIndex()) {
        return false;
      }
      LogContent begin = whole.copy();
      begin.truncate(found.endIndex());
      return begin.sameAs(found);
    }
  }
}
